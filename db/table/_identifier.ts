/** The longest name that Postgres keeps whole, in bytes: it cuts a longer one without a word. */
export const MAX_IDENTIFIER_BYTES = 63;

const utf8 = new TextEncoder();

/** The bytes that a name takes. */
export function byteLength(name: string): number {
  return utf8.encode(name).length;
}

/** A name as SQL writes it: quoted, so that it is itself whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Names as SQL writes them, with commas between. */
export function quoteIdentifiers(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

/** A text as SQL writes it. Backslashes are themselves, as `standard_conforming_strings` is on. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Checks a name that a program gives to a thing in the database.
 *
 * @throws {RangeError} when it is empty, too long, or holds a zero byte, which Postgres takes nowhere.
 */
export function assertIdentifier(what: string, name: string): void {
  const bytes = byteLength(name);
  if (bytes < 1 || bytes > MAX_IDENTIFIER_BYTES || name.includes("\0")) {
    throw new RangeError(
      `Expected the ${what} to be a name of 1 to ${MAX_IDENTIFIER_BYTES} bytes, got ${JSON.stringify(name)}`,
    );
  }
}
