import { MAX_TIMER_MS } from "../../internal/clock.ts";

/** Validates a duration in milliseconds. */
export function milliseconds(name: string, value: unknown, least = 0): number {
  return number(name, value, least, MAX_TIMER_MS);
}

/** Validates an integer. */
export function whole(name: string, value: unknown, least: number, most: number): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    throw new RangeError(
      `Expected \`${name}\` to be an integer from ${least} to ${most}, got ${shown(value)}`,
    );
  }
  return value as number;
}

/** Validates a number. */
export function number(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    throw new RangeError(`Expected \`${name}\` to be a number from ${least} to ${most}, got ${shown(value)}`);
  }
  return value;
}

/** Validates a boolean. */
export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") {
    throw new TypeError(`Expected \`${name}\` to be true or false, got ${shown(value)}`);
  }
  return value;
}

/** Validates a non-empty string. The error does not show it, since it may be a secret in the wrong field. */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    const got = value === "" ? "an empty one" : typeof value === "string" ? "one with a NUL" : typeof value;
    throw new TypeError(`Expected \`${name}\` to be a non-empty string, got ${got}`);
  }
  return value;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
