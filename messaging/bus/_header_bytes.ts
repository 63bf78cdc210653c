import type { OutgoingMessage } from "./message_bus.ts";
import type { HeaderEntries } from "./message_headers.ts";

const NAME = /^[!-9;-~]+$/;
const RESERVED = /^nats-/i;
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

/**
 * Checks a header value.
 *
 * @throws {TypeError} when it has a line break or a NUL.
 */
export function assertHeaderValue(name: string, value: string): void {
  if (/[\r\n\0]/.test(value)) {
    throw new TypeError(`Expected the header ${name} to have no line breaks, got ${JSON.stringify(value)}`);
  }
}

/** What headers take on the wire, where they are ASCII; each other character adds to it. */
export function headerBytes(headers: HeaderEntries, { id }: OutgoingMessage): number {
  assertHeaders(headers);
  if (headers.length === 0 && id === undefined) return 0;
  let bytes = 12 + 2;
  if (id !== undefined) {
    assertHeaderValue("Nats-Msg-Id", id);
    bytes += 15 + id.length;
  }
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}
