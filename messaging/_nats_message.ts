import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { assertHeaders } from "./_header_bytes.ts";
import { type HeaderEntries, MessageHeaders, NO_HEADERS } from "./message_headers.ts";

const UTF8 = new TextEncoder();

/** Headers as the client wants them, which asks nothing of them but their bytes. */
export interface EncodedHeaders {
  encode(): Uint8Array;
  readonly bytes: number;
}

/** A message as the client sends it. */
export interface EncodedMessage {
  readonly headers: EncodedHeaders | undefined;
  readonly data: Uint8Array;
}

/** Encodes headers at once, as one text: the client's own class checks and copies each name and value several times. */
export function encodeHeaders(headers: HeaderEntries, own: string): EncodedHeaders | undefined {
  const text = headerText(headers, own);
  return text === "" ? undefined : toEncoded(UTF8.encode(text));
}

/** Encodes headers and payload, in one go where the payload is text. */
export function encodeMessage(
  headers: HeaderEntries,
  own: string,
  data: string | Uint8Array,
): EncodedMessage {
  const text = headerText(headers, own);
  if (typeof data !== "string") {
    return { headers: text === "" ? undefined : toEncoded(UTF8.encode(text)), data };
  }
  if (text === "") return { headers: undefined, data: UTF8.encode(data) };
  if (!ASCII.test(text)) return { headers: toEncoded(UTF8.encode(text)), data: UTF8.encode(data) };
  const both = UTF8.encode(text + data);
  return { headers: toEncoded(both.subarray(0, text.length)), data: both.subarray(text.length) };
}

// deno-lint-ignore no-control-regex -- line breaks are among them
const ASCII = /^[\x00-\x7f]*$/;

function headerText(headers: HeaderEntries, own: string): string {
  assertHeaders(headers);
  if (headers.length === 0 && own === "") return "";
  let text = "NATS/1.0\r\n" + own;
  for (const [name, value] of headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

function toEncoded(bytes: Uint8Array): EncodedHeaders {
  return { bytes: bytes.length, encode: () => bytes };
}

/** Headers that came in. */
export function decodeHeaders(headers: MsgHdrs | undefined): MessageHeaders {
  if (headers === undefined) return NO_HEADERS;
  const entries: (readonly [string, string])[] = [];
  for (const [name, values] of headers) for (const value of values) entries.push([name, value]);
  return new MessageHeaders(entries);
}

/** A message that came in, decoded as far as it is looked at. */
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
