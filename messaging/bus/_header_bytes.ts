import type { HeaderEntries } from "./message_headers.ts";

const NAME = /^[!-9;-~]+$/;
const RESERVED = /^nats-/i;
const BREAK = /[\r\n\0]/;
// Names that this package writes itself: no need to check them for every event.
const KNOWN = new Set(["Content-Type", "X-Correlation-ID", "traceparent", "tracestate", "baggage"]);

/**
 * Checks headers given by a caller.
 *
 * @throws {TypeError} when a name is malformed or reserved, or a value has a line break.
 */
export function assertHeaders(headers: HeaderEntries): void {
  for (const [name, value] of headers) {
    if (KNOWN.has(name)) {
      assertHeaderValue(name, value);
      continue;
    }
    if (!NAME.test(name)) {
      throw new TypeError(
        `Expected a header name without spaces, colons and line breaks, got ${JSON.stringify(name)}`,
      );
    }
    if (RESERVED.test(name)) {
      throw new TypeError(`Cannot set the header ${name}: names that start with Nats- are the broker's`);
    }
    assertHeaderValue(name, value);
  }
}

/** Whether a header can be written: {@link assertHeaders} accepts it. */
export function isWritableHeader(name: string, value: string): boolean {
  return NAME.test(name) && !RESERVED.test(name) && !BREAK.test(value);
}

/**
 * Checks a header value.
 *
 * @throws {TypeError} when it has a line break or a NUL.
 */
export function assertHeaderValue(name: string, value: string): void {
  if (BREAK.test(value)) {
    throw new TypeError(`Expected the header ${name} to have no line breaks, got ${JSON.stringify(value)}`);
  }
}

/** Most bytes of headers that a stream stores with a message: their length is a 16-bit number. */
export const MAX_STORED_HEADER_BYTES = 65_535;

const VERSION_LINE = "NATS/1.0\r\n";
const ID_NAME = "Nats-Msg-Id";
/** Bytes of a header's line beside its name and value: `: ` and the line break. */
const LINE_BYTES = 4;

/**
 * The size of headers on the wire in bytes, `id` being the message id.
 *
 * @throws {TypeError} when a name is malformed or reserved, or a value has a line break.
 */
export function headerBytes(headers: HeaderEntries, id?: string): number {
  assertHeaders(headers);
  if (headers.length === 0 && id === undefined) return 0;
  let bytes = VERSION_LINE.length + 2;
  if (id !== undefined) {
    assertHeaderValue(ID_NAME, id);
    bytes += ID_NAME.length + utf8Bytes(id) + LINE_BYTES;
  }
  for (const [name, value] of headers) bytes += utf8Bytes(name) + utf8Bytes(value) + LINE_BYTES;
  return bytes;
}

const UTF8 = new TextEncoder();

/** The size of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : UTF8.encode(text).length;
}
