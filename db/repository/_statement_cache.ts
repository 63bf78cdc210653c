import { setLabel } from "../pool/_statement_label.ts";
import type { RowList, Sql } from "../sql.ts";
import type { Encoded } from "./_codec.ts";

/** Stands for a parameter in the text of a query. */
export const PARAMETER_MARK = "\0";

/** A longer text is not prepared: a backend keeps some 100 bytes for each character of a prepared statement. */
const MAX_TEXT = 8 * 1024;
/** The most text that the cache of a table holds. */
const MAX_TOTAL = 128 * 1024;
/** The most text that enters a full cache in an hour, which is how long a connection lives by default. */
const MAX_REPLACED_PER_HOUR = 32 * 1024;

const HOUR_MS = 3_600_000;

interface Statement {
  readonly strings: TemplateStringsArray;
  /** When it was last used, counted in uses of the cache. */
  usedAt: number;
}

/**
 * The statements of a table that run prepared, up to 128 KiB of text. Filters that clients put together can make any
 * number of texts, and any other text runs unprepared.
 *
 * A new text replaces the least recently used ones. The driver and the backends keep a replaced statement for as long as
 * the connection lives, so the rate of replacements is bounded as well.
 */
export class StatementCache {
  readonly #table: string;
  readonly #statements = new Map<string, Statement>();
  #size = 0;
  #uses = 0;
  #replaceable = MAX_REPLACED_PER_HOUR;
  #refilledAt = performance.now();

  constructor(table: string) {
    this.#table = table;
  }

  /** Runs a text, prepared if the cache has it or takes it. */
  run(sql: Sql, text: string, values: readonly Encoded[]): Promise<RowList<Record<string, unknown>>> {
    const strings = this.#find(text);
    return strings === undefined ? runUnprepared(sql, text, values) : sql(strings, ...values);
  }

  /** The template of a text, for a caller that keeps it. It does not count towards the size of the cache. */
  template(text: string): TemplateStringsArray {
    // The driver finds what it knows of a template by the identity of its strings.
    const strings = text.split(PARAMETER_MARK);
    const template = Object.assign(strings, { raw: strings });
    setLabel(template, { operation: text.slice(0, text.indexOf(" ")), table: this.#table });
    return template;
  }

  #find(text: string): TemplateStringsArray | undefined {
    const known = this.#statements.get(text);
    if (known !== undefined) {
      known.usedAt = ++this.#uses;
      return known.strings;
    }
    if (text.length > MAX_TEXT || !this.#makeRoom(text.length)) return undefined;
    const strings = this.template(text);
    this.#statements.set(text, { strings, usedAt: ++this.#uses });
    this.#size += text.length;
    return strings;
  }

  #makeRoom(length: number): boolean {
    if (this.#size + length <= MAX_TOTAL) return true;
    this.#refill();
    if (this.#replaceable < length) return false;
    this.#replaceable -= length;
    while (this.#size + length > MAX_TOTAL) this.#removeLeastRecentlyUsed();
    return true;
  }

  #refill(): void {
    const now = performance.now();
    const refilled = (now - this.#refilledAt) / HOUR_MS * MAX_REPLACED_PER_HOUR;
    this.#replaceable = Math.min(this.#replaceable + refilled, MAX_REPLACED_PER_HOUR);
    this.#refilledAt = now;
  }

  #removeLeastRecentlyUsed(): void {
    let least = "";
    let usedAt = Infinity;
    for (const [text, statement] of this.#statements) {
      if (statement.usedAt < usedAt) [least, usedAt] = [text, statement.usedAt];
    }
    this.#statements.delete(least);
    this.#size -= least.length;
  }
}

/** Runs a text that is not prepared. */
export function runUnprepared(
  sql: Sql,
  text: string,
  values: readonly Encoded[],
): Promise<RowList<Record<string, unknown>>> {
  let number = 0;
  return sql.unsafe(text.replaceAll(PARAMETER_MARK, () => `$${++number}`), values, { prepare: false });
}
