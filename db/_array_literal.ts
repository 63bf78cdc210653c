/**
 * Values as the literal of a Postgres array: `{a,NULL,"b c"}`. One text for a whole column costs the driver, and the
 * server, less than a parameter for each value.
 *
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export class ArrayLiteral {
  readonly #quoted: boolean;
  #text = "{";

  /** With `quoted`, elements may hold anything; without, no more than letters, digits and `. : + -`. */
  constructor(quoted: boolean) {
    this.#quoted = quoted;
  }

  /** Adds one element. */
  push(value: string | number | null): void {
    if (this.#text.length > 1) this.#text += ",";
    if (value === null) this.#text += "NULL";
    else if (this.#quoted) this.#text += `"${escape(value as string)}"`;
    else this.#text += value;
  }

  /** The literal. */
  toString(): string {
    return `${this.#text}}`;
  }
}

const SPECIAL = /["\\]/;

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"') : text;
}

/** A list, also one of lists, as an array literal. */
export function arrayLiteral(
  values: readonly unknown[],
  encode: (value: unknown) => string | number,
): string {
  const elements = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    return Array.isArray(value) ? arrayLiteral(value, encode) : `"${escape(String(encode(value)))}"`;
  });
  return `{${elements.join(",")}}`;
}
