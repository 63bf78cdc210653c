import type { StoredMsg } from "@nats-io/jetstream";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { assertHeaders } from "../bus/_header_bytes.ts";
import { type HeaderEntries, MessageHeaders, NO_HEADERS } from "../bus/message_headers.ts";

const UTF8 = new TextEncoder();
const DECODER = new TextDecoder();

/** Encoded headers, in the shape that the client accepts: it only calls `encode`. */
export interface EncodedHeaders {
  encode(): Uint8Array;
  readonly bytes: number;
}

/** Encodes headers as one text: the client's own class checks and copies each name and value several times. */
export function encodeHeaders(headers: HeaderEntries, own: string): EncodedHeaders | undefined {
  assertHeaders(headers);
  if (headers.length === 0 && own === "") return undefined;
  let text = "NATS/1.0\r\n" + own;
  for (const [name, value] of headers) text += name + ": " + value + "\r\n";
  const encoded = UTF8.encode(text + "\r\n");
  return { bytes: encoded.length, encode: () => encoded };
}

/** Converts headers that the client has decoded. */
function toHeaders(headers: MsgHdrs | undefined): MessageHeaders {
  if (headers === undefined) return NO_HEADERS;
  const entries: (readonly [string, string])[] = [];
  for (const [name, values] of headers) for (const value of values) entries.push([name, value]);
  return new MessageHeaders(entries);
}

/**
 * The headers of a received message. The client throws where a name or a value is one that it would not write itself, such
 * as a value with a line feed, which the server stores: such headers are read without its checks.
 */
export function readHeaders(message: Msg): MessageHeaders {
  try {
    return toHeaders(message.headers);
  } catch {
    return parseHeaders(headerBlock(message));
  }
}

/** The headers of a stored message; as {@link readHeaders}. */
export function readStoredHeaders(message: StoredMsg): MessageHeaders {
  try {
    return toHeaders(message.header);
  } catch {
    const { smr } = message as { readonly smr?: { readonly message?: { readonly hdrs?: string } } };
    return parseHeaders(Uint8Array.from(atob(smr?.message?.hdrs ?? ""), (char) => char.charCodeAt(0)));
  }
}

/** The bytes of the headers: the client keeps a message in one buffer, in which they end where the payload begins. */
function headerBlock(message: Msg): Uint8Array {
  const { data, subject, reply = "" } = message;
  const { size } = message as { size?(): number }; // which the client's type lacks
  if (size === undefined) return data.subarray(0, 0);
  const length = size.call(message) - data.length - UTF8.encode(subject).length - UTF8.encode(reply).length;
  return new Uint8Array(data.buffer, data.byteOffset - length, length);
}

/** Reads headers as they are, whatever their names and values. */
function parseHeaders(block: Uint8Array): MessageHeaders {
  const [, ...lines] = DECODER.decode(block).split("\r\n");
  return new MessageHeaders(lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
  }));
}

/** A received message; headers are parsed on access. */
export class NatsMessage {
  readonly #message: Msg;
  #headers: MessageHeaders | undefined;

  constructor(message: Msg) {
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  get headers(): MessageHeaders {
    return this.#headers ??= readHeaders(this.#message);
  }
}
