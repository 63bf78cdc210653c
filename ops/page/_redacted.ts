import { parseExact } from "../../internal/exact_json.ts";
import { escapeControlsInLines } from "../../internal/terminal_text.ts";
import { createRedactor, REDACTED, type RedactRule } from "../../logging/redact.ts";

/** The longest part of a payload that a page shows, in characters. */
const MAX_SHOWN = 100_000;
const MAX_DEPTH = 64;

/** A payload as text. */
export interface ShownPayload {
  readonly text: string;
  /** Whether it is JSON. */
  readonly isJson: boolean;
  /** How many characters are left out. */
  readonly omitted: number;
}

/** Shows payloads, headers and messages without what a log would hide either. */
export interface Redaction {
  payload(data: Uint8Array): ShownPayload;
  member(name: string, value: string): string;
  text(text: string): string;
}

/**
 * @throws {TypeError} when a rule is malformed.
 */
export function createRedaction(rules?: RedactRule | readonly RedactRule[]): Redaction {
  const redactor = createRedactor(rules);

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === "string") return redactor.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth === MAX_DEPTH) return "… too deep";
    if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        redactor.hides(redactor.secrecyOf(name), name, item) ? REDACTED : copy(item, depth + 1),
      ]),
    );
  }

  function cut(text: string, isJson: boolean): ShownPayload {
    const omitted = Math.max(0, text.length - MAX_SHOWN);
    return { text: escapeControlsInLines(omitted > 0 ? text.slice(0, MAX_SHOWN) : text), isJson, omitted };
  }

  return {
    payload(data) {
      const text = new TextDecoder().decode(data);
      let json: string | undefined;
      try {
        json = stringifyPretty(copy(parseExact(text), 0));
      } catch {
        json = undefined; // no JSON, or nested so deeply that it cannot be read
      }
      return json === undefined ? cut(redactor.text(text), false) : cut(json, true);
    },
    member: (name, value) =>
      redactor.hides(redactor.secrecyOf(name), name, value) ? REDACTED : redactor.text(value),
    text: (text) => redactor.text(text),
  };
}

/** JSON on several lines; a bigint is an integer. */
function stringifyPretty(value: unknown): string | undefined {
  const { rawJSON } = JSON as { rawJSON?(text: string): object };
  return JSON.stringify(
    value,
    (_name, item) => typeof item === "bigint" ? rawJSON?.(String(item)) ?? String(item) : item,
    2,
  );
}
