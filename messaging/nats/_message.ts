import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { assertHeaders } from "../bus/_header_bytes.ts";
import { type HeaderEntries, MessageHeaders, NO_HEADERS } from "../bus/message_headers.ts";

const UTF8 = new TextEncoder();

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

/** Converts received headers. */
export function decodeHeaders(headers: MsgHdrs | undefined): MessageHeaders {
  if (headers === undefined) return NO_HEADERS;
  const entries: (readonly [string, string])[] = [];
  for (const [name, values] of headers) for (const value of values) entries.push([name, value]);
  return new MessageHeaders(entries);
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
    return this.#headers ??= decodeHeaders(this.#message.headers);
  }
}
