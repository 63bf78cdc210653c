/**
 * Checks an option that is a whole number.
 *
 * @throws {RangeError} when `value` is not a whole number from `least` to `most`.
 */
export function assertInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`Expected \`${name}\` to be an integer from ${least} to ${most}, got ${value}`);
  }
}
