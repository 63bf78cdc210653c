/** Copies values for a line: redacted, without cycles, bounded in size, and serializable as JSON. */
export interface Sanitizer {
  /** `text` with the credentials of URLs redacted, cut at `limit` characters. */
  text(text: string, limit?: number): string;
  /** A copy of `value` for `JSON.stringify`. `undefined` stays `undefined`. */
  value(value: unknown): unknown;
  /** Calls `visit` with the name of each field of `fields` other than `except`, and a copy of its value. */
  eachField(fields: object, visit: (name: string, value: unknown) => void, except?: string): void;
}
