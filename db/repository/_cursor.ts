import { ValidationError } from "../../errors/common.ts";
import type { Term } from "./_order.ts";

/** A place in an ordered list: the values of a row in the columns of the order, as the server writes them. */
export interface Cursor {
  /** Whether it leads to the rows behind that place or to those before it. */
  readonly forward: boolean;
  /** Whether a row that is exactly there is meant as well. */
  readonly inclusive: boolean;
  readonly values: readonly (string | null)[];
}

const MAX_LENGTH = 16_384;

/**
 * Writes a cursor. The checksum also covers the list and its order, so a cursor of another one is not taken for one of
 * this. It keeps nobody from making one: a cursor says where to start, and nothing about what may be seen.
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
 * Reads a cursor.
 *
 * @throws {ValidationError} when it is not exactly one that {@link encodeCursor} writes for this list and order.
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

/** CRC-32 of an ASCII text: it notices every change of a few characters. */
function checksum(text: string): string {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc = (crc >>> 8) ^ CRC_OF_BYTE[(crc ^ text.charCodeAt(i)) & 0xff]!;
  }
  return (~crc >>> 0).toString(16).padStart(CHECKSUM_LENGTH, "0");
}

/** JSON in ASCII, which Base64 takes as it is. */
function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toBase64Url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The text, or `undefined` where it is not written exactly as {@link toBase64Url} writes it. */
function fromBase64Url(encoded: string): string | undefined {
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  try {
    const text = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return toBase64Url(text) === encoded ? text : undefined;
  } catch {
    return undefined;
  }
}
