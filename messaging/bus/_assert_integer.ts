/**
 * Checks an option that counts something.
 *
 * @throws {RangeError} when it is no whole number between the two.
 */
export function assertInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`Expected \`${name}\` to be an integer from ${least} to ${most}, got ${value}`);
  }
}
