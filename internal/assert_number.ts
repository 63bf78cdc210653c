/**
 * Checks of options that are numbers.
 *
 * @module
 */

/**
 * Checks an option that is a whole number.
 *
 * @throws {RangeError} when it is none, or not from `least` to `most`.
 */
export function assertWhole(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (Number.isSafeInteger(value) && isWithin(value as number, least, most)) return;
  throw refusal(name, "a whole number", value, least, most);
}

/**
 * Checks an option that is a number, which may have a fraction.
 *
 * @throws {RangeError} when it is none, or not from `least` to `most`.
 */
export function assertNumber(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_VALUE,
): asserts value is number {
  if (typeof value === "number" && isWithin(value, least, most)) return;
  throw refusal(name, "a number", value, least, most);
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function refusal(name: string, kind: string, value: unknown, least: number, most: number): RangeError {
  const isOpen = most >= Number.MAX_SAFE_INTEGER;
  const range = isOpen ? `from ${least}` : `from ${least} to ${most}`;
  return new RangeError(`Expected \`${name}\` to be ${kind} ${range}, got ${shown(value)}`);
}

/** A text in quotes, so that "5" does not read as 5; of an object no more than its type. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
