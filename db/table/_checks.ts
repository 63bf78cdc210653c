import { assertNumber, assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";

/** Validates a duration in milliseconds. */
export function milliseconds(name: string, value: unknown, least = 0): number {
  return number(name, value, least, MAX_TIMER_MS);
}

/** Validates an integer. */
export function whole(name: string, value: unknown, least: number, most: number): number {
  assertWhole(name, value, least, most);
  return value;
}

/** Validates a number. */
export function number(name: string, value: unknown, least: number, most: number): number {
  assertNumber(name, value, least, most);
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
