/** The longest name in bytes that Postgres keeps; it silently truncates longer ones. */
export const MAX_IDENTIFIER_BYTES = 63;

const utf8 = new TextEncoder();

/** The length of a name in bytes. */
export function byteLength(name: string): number {
  return utf8.encode(name).length;
}

/** Quotes a name for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes names for SQL, separated by commas. */
export function quoteIdentifiers(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

/** Quotes a text for SQL. Backslashes need no escape, as `standard_conforming_strings` is on. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Validates the name of a database object.
 *
 * @throws {RangeError} when it is empty, longer than Postgres keeps, or has a zero byte.
 */
export function assertIdentifier(what: string, name: string): void {
  const bytes = byteLength(name);
  if (bytes < 1 || bytes > MAX_IDENTIFIER_BYTES || name.includes("\0")) {
    throw new RangeError(
      `Expected the ${what} to be a name of 1 to ${MAX_IDENTIFIER_BYTES} bytes, got ${JSON.stringify(name)}`,
    );
  }
}
