/** Makes copies of values that can be written: without secrets, cycles, surprises, or an end out of sight. */
export interface Sanitizer {
  /** `text` without the credentials of URLs, cut at `limit` characters. */
  text(text: string, limit?: number): string;
  /** A copy of `value` that `JSON.stringify` takes. `undefined` stays `undefined`. */
  value(value: unknown): unknown;
  /** Hands the name of each field of `fields` but `except`, and a copy of its value, to `visit`. */
  eachField(fields: object, visit: (name: string, value: unknown) => void, except?: string): void;
}
