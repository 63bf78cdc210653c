import type { RowList, Sql } from "../sql.ts";
import type { Encoded } from "./_codec.ts";
import { PARAMETER_MARK, runUnprepared, type StatementCache } from "./_statement_cache.ts";

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
    return runUnprepared(sql, this.#text, this.#values);
  }
}
