import { ValidationError } from "../../errors/common.ts";
import type { Term } from "./_order.ts";

/** A position in an ordered list: a row's values in the columns of the order, as the server's texts. */
export interface Cursor {
  /** Whether the page holds the rows after the position, or those before it. */
  readonly forward: boolean;
  /** Whether the page includes a row exactly at the position. */
  readonly inclusive: boolean;
  readonly values: readonly (string | null)[];
}

/** A cursor as it was decoded. */
export interface DecodedCursor extends Cursor {
  /** Whether `values` are only those of the primary key, since the others were too long. */
  readonly keyOnly: boolean;
}

// Cursors are query parameters: `cursorQuery` takes 4,096 characters. Only a long primary key makes a longer one.
const MAX_WHOLE_LENGTH = 4096;
const MAX_LENGTH = 2 ** 20;

/**
 * Encodes a cursor. If that is too long for a query parameter, it has only the values of the primary key, `key`. Its checksum covers the list and its order as well, so that a cursor of another list is refused.
 * It is no signature, since a cursor grants nothing: it says where a page starts, not which rows may be seen.
 */
export function encodeCursor(
  { forward, inclusive, values }: Cursor,
  list: string,
  terms: readonly Term[],
  key: readonly string[],
): string {
  const flags = (forward ? FORWARD : 0) + (inclusive ? INCLUSIVE : 0);
  const write = (flags: number, values: Cursor["values"]) => {
    const text = toJson([flags, ...values]);
    return toBase64Url(checksum(signature(list, terms) + text) + text);
  };
  const whole = write(flags, values);
  if (whole.length <= MAX_WHOLE_LENGTH || terms.length === key.length) return whole;
  const ofKey = keyTerms(terms, key).map((term) => values[terms.indexOf(term)]!);
  return write(flags + KEY_ONLY, ofKey);
}

const FORWARD = 1;
const INCLUSIVE = 2;
const KEY_ONLY = 4;

/** The terms of the primary key, in the order of the list. */
export function keyTerms(terms: readonly Term[], key: readonly string[]): readonly Term[] {
  return terms.filter(({ codec }) => key.includes(codec.column.name));
}

/**
 * Decodes a cursor.
 *
 * @throws {ValidationError} when {@link encodeCursor} cannot have written it for this list and order.
 */
export function decodeCursor(
  cursor: unknown,
  list: string,
  terms: readonly Term[],
  key: readonly string[],
): DecodedCursor {
  const text = typeof cursor === "string" && cursor.length <= MAX_LENGTH ? fromBase64Url(cursor) : undefined;
  const body = text?.slice(CHECKSUM_LENGTH) ?? "";
  if (text === undefined || text !== checksum(signature(list, terms) + body) + body) throw invalid();
  const parts = parse(body);
  if (!Array.isArray(parts)) throw invalid();
  const [flags, ...values] = parts as unknown[];
  if (typeof flags !== "number" || !Number.isInteger(flags) || flags < 0 || flags > 7) throw invalid();
  const keyOnly = (flags & KEY_ONLY) !== 0;
  const valued = keyOnly ? keyTerms(terms, key) : terms;
  const fits = values.length === valued.length &&
    values.every((value, i) =>
      typeof value === "string" || (value === null && valued[i]!.codec.column.nullable)
    );
  if (!fits) throw invalid();
  return {
    forward: (flags & FORWARD) !== 0,
    inclusive: (flags & INCLUSIVE) !== 0,
    keyOnly,
    values: values as (string | null)[],
  };
}

function invalid(): ValidationError {
  return new ValidationError("The cursor is not one of this list in this order", { field: "cursor" });
}

function signature(list: string, terms: readonly Term[]): string {
  const order = terms.map(({ codec, direction, nulls }) => [codec.column.name, direction, nulls]);
  return toJson([list, order]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const CHECKSUM_LENGTH = 8;
const CRC_OF_BYTE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  return crc;
});

/** CRC-32 of an ASCII text, which detects any change of a few characters. */
function checksum(text: string): string {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc = (crc >>> 8) ^ CRC_OF_BYTE[(crc ^ text.charCodeAt(i)) & 0xff]!;
  }
  return (~crc >>> 0).toString(16).padStart(CHECKSUM_LENGTH, "0");
}

/** JSON in ASCII, since `btoa` takes no other characters. */
function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toBase64Url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The decoded text, or `undefined` where {@link toBase64Url} would have encoded it differently. */
function fromBase64Url(encoded: string): string | undefined {
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  try {
    const text = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return toBase64Url(text) === encoded ? text : undefined;
  } catch {
    return undefined;
  }
}
