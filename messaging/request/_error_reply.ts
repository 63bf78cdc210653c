import { InternalError } from "../../errors/common.ts";
import { envelopeBody, errorEnvelope, exposedDetail } from "../../errors/envelope.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import type { RawMessage } from "../bus/message_bus.ts";

/** Response header: 200, or the HTTP status of the error in the body. */
export const STATUS_HEADER = "Glam-Status";

/** Upper bound of the encoded {@link replyHeaders}. */
const HEADER_BYTES = 128;
const MAX_MESSAGE_LENGTH = 256;

const UTF8 = new TextEncoder();

/** Headers of a reply with this status. */
export function replyHeaders(status: number): [string, string][] {
  return [["Content-Type", "application/json"], [STATUS_HEADER, String(status)]];
}

/** Whether a reply with this body fits into a message of `maxBytes`. */
export function fitsReply(body: Uint8Array, maxBytes: number): boolean {
  return body.length <= maxBytes - HEADER_BYTES;
}

/** The reply that reports an error to the caller; without the error's details when they do not fit into a message. */
export function errorReply(thrown: unknown, maxBytes: number): RawMessage {
  const error = toGlamError(thrown);
  let data = UTF8.encode(envelopeBody(error));
  if (!fitsReply(data, maxBytes)) {
    const { code, message } = exposedDetail(error);
    const short = { code, message: message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed() };
    data = UTF8.encode(JSON.stringify(errorEnvelope(short)));
  }
  return { data, headers: replyHeaders(error.status) };
}

/** The reply to a request whose own reply could not be sent. */
export function failedReply(cause: unknown): RawMessage {
  return errorReply(new InternalError(undefined, { cause }), 0);
}
