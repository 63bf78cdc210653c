import type { Encoded } from "./_codec.ts";
import { setLabel } from "../pool/_statement_label.ts";
import type { RowList, Sql } from "../sql.ts";

const PLACE = "\0";

/** A query that is being written: text with the places of parameters, and the parameters. */
export class Query {
  #text = "";
  readonly #values: Encoded[] = [];

  /** Adds text, which is of this program and never of a client. */
  add(text: string): this {
    this.#text += text;
    return this;
  }

  /** Adds a parameter, with the cast that follows it. */
  bind(value: Encoded, cast: string = ""): this {
    this.#text += PLACE + cast;
    this.#values.push(value);
    return this;
  }

  /** Runs it. */
  run(sql: Sql, texts: Texts): Promise<RowList<Record<string, unknown>>> {
    return texts.run(sql, this.#text, this.#values);
  }

  /** Its text, for a caller that brings the parameters; it must be one of few. */
  template(texts: Texts): TemplateStringsArray {
    return texts.template(this.#text);
  }

  /** Runs it without preparing it, for a text that will not be the same again. */
  runOnce(sql: Sql): Promise<RowList<Record<string, unknown>>> {
    return runOnce(sql, this.#text, this.#values);
  }
}

/**
 * The texts that were run. The driver prepares each of them once on every connection and forgets none, so those behind
 * the first few hundred, which only filters put together by a client reach, run unprepared.
 */
export class Texts {
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

/** The text as a template has it. The driver knows a template again by the identity of its strings. */
function toStrings(text: string): TemplateStringsArray {
  const strings = text.split(PLACE);
  return Object.assign(strings, { raw: strings });
}

function runOnce(
  sql: Sql,
  text: string,
  values: readonly Encoded[],
): Promise<RowList<Record<string, unknown>>> {
  let number = 0;
  return sql.unsafe(text.replaceAll(PLACE, () => `$${++number}`), values, { prepare: false });
}
