import type { Encoded } from "./_codec.ts";
import { setLabel } from "../pool/_statement_label.ts";
import type { RowList, Sql } from "../sql.ts";

const PARAMETER_MARK = "\0";

/** Builds a query: its text, with a mark for each parameter, and the parameters. */
export class Query {
  #text = "";
  readonly #values: Encoded[] = [];

  /** Adds text, which must never come from a client. */
  add(text: string): this {
    this.#text += text;
    return this;
  }

  /** Adds a parameter, with the cast that follows it. */
  bind(value: Encoded, cast: string = ""): this {
    this.#text += PARAMETER_MARK + cast;
    this.#values.push(value);
    return this;
  }

  /** Runs it. */
  run(sql: Sql, statements: StatementCache): Promise<RowList<Record<string, unknown>>> {
    return statements.run(sql, this.#text, this.#values);
  }

  /** Its text as a template, for a caller that has the parameters; there must be few such texts. */
  template(statements: StatementCache): TemplateStringsArray {
    return statements.template(this.#text);
  }

  /** Runs it unprepared, for a text that will not occur again. */
  runOnce(sql: Sql): Promise<RowList<Record<string, unknown>>> {
    return runOnce(sql, this.#text, this.#values);
  }
}

/**
 * The texts that were run. The driver prepares each of them once on every connection and forgets none, so those behind
 * the first few hundred, which only filters put together by a client reach, run unprepared.
 */
export class StatementCache {
  readonly #table: string;
  readonly #limit: number;
  readonly #known = new Map<string, TemplateStringsArray>();

  constructor(table: string, limit: number = 500) {
    this.#table = table;
    this.#limit = limit;
  }

  run(sql: Sql, text: string, values: readonly Encoded[]): Promise<RowList<Record<string, unknown>>> {
    const strings = this.#known.get(text) ??
      (this.#known.size < this.#limit ? this.template(text) : undefined);
    return strings === undefined ? runOnce(sql, text, values) : sql(strings, ...values);
  }

  /** The template of a text, which is kept. */
  template(text: string): TemplateStringsArray {
    let strings = this.#known.get(text);
    if (strings === undefined) {
      strings = toStrings(text);
      setLabel(strings, { operation: text.slice(0, text.indexOf(" ")), table: this.#table });
      this.#known.set(text, strings);
    }
    return strings;
  }
}

/** The strings of a template. The driver recognises a template by the identity of its strings. */
function toStrings(text: string): TemplateStringsArray {
  const strings = text.split(PARAMETER_MARK);
  return Object.assign(strings, { raw: strings });
}

function runOnce(
  sql: Sql,
  text: string,
  values: readonly Encoded[],
): Promise<RowList<Record<string, unknown>>> {
  let number = 0;
  return sql.unsafe(text.replaceAll(PARAMETER_MARK, () => `$${++number}`), values, { prepare: false });
}
