import { busError } from "../bus/_bus_error.ts";
import { headerBytes, MAX_STORED_HEADER_BYTES, utf8Bytes } from "../bus/_header_bytes.ts";
import type { OutgoingMessage } from "../bus/message_bus.ts";
import { assertSubject } from "../contract/_subject.ts";

/**
 * Checks what a stream would refuse at every attempt, while the caller can still roll back.
 *
 * @throws {TypeError} when the subject, a header or the message id is malformed.
 * @throws {MessageBusError} with kind `too_large` when the message or its headers are.
 */
export function assertSendable({ subject, data, headers = [], id }: OutgoingMessage, maxBytes: number): void {
  assertSubject(subject);
  const head = headerBytes(headers, id);
  const size = head + (typeof data === "string" ? utf8Bytes(data) : data.length);
  if (head > MAX_STORED_HEADER_BYTES) {
    throw tooLarge(subject, `${head} bytes of headers`, MAX_STORED_HEADER_BYTES);
  }
  if (size > maxBytes) throw tooLarge(subject, `${size} bytes`, maxBytes);
}

function tooLarge(subject: string, found: string, limit: number) {
  const message =
    `Cannot add "${subject}" to the outbox: ${found} are more than the ${limit} that a stream takes`;
  return busError("too_large", message, { operation: "add", subject });
}
