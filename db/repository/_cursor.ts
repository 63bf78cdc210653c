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

const MAX_LENGTH = 16_384;

/**
 * Encodes a cursor. Its checksum covers the list and its order as well, so that a cursor of another list is refused.
 * It is no signature, since a cursor grants nothing: it says where a page starts, not which rows may be seen.
 */
export function encodeCursor(
  { forward, inclusive, values }: Cursor,
  list: string,
  terms: readonly Term[],
): string {
  const text = toJson([(forward ? 1 : 0) + (inclusive ? 2 : 0), ...values]);
  return toBase64Url(checksum(signature(list, terms) + text) + text);
}

/**
 * Decodes a cursor.
 *
 * @throws {ValidationError} when {@link encodeCursor} cannot have written it for this list and order.
 */
export function decodeCursor(cursor: unknown, list: string, terms: readonly Term[]): Cursor {
  const text = typeof cursor === "string" && cursor.length <= MAX_LENGTH ? fromBase64Url(cursor) : undefined;
  const body = text?.slice(CHECKSUM_LENGTH) ?? "";
  if (text === undefined || text !== checksum(signature(list, terms) + body) + body) throw invalid();
  const parts = parse(body);
  if (!Array.isArray(parts) || parts.length !== terms.length + 1) throw invalid();
  const [flags, ...values] = parts as unknown[];
  if (typeof flags !== "number" || !Number.isInteger(flags) || flags < 0 || flags > 3) throw invalid();
  const fits = values.every((value, i) =>
    typeof value === "string" || (value === null && terms[i]!.codec.column.nullable)
  );
  if (!fits) throw invalid();
  return { forward: (flags & 1) === 1, inclusive: (flags & 2) === 2, values: values as (string | null)[] };
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
