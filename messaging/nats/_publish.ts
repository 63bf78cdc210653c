import type { Msg } from "@nats-io/nats-core";
import type { MessageBusError } from "../../errors/infrastructure.ts";
import { busError, type BusErrorKind, type BusErrorPlace } from "../bus/_bus_error.ts";
import { assertHeaderValue } from "../bus/_header_bytes.ts";
import { isNoResponders } from "./_reply_inbox.ts";
import { isAtLeast } from "./_streams.ts";
import type { OutgoingMessage, PublishAck } from "../bus/message_bus.ts";

const UTF8 = new TextDecoder();
const TTL_SINCE = "2.11.0";

/** The `Nats-*` header lines of a message to publish. */
export function publishHeaders(
  { subject, id, ttlMs }: OutgoingMessage,
  version: () => string,
): string {
  let lines = "";
  if (id !== undefined) {
    assertHeaderValue("Nats-Msg-Id", id);
    lines += `Nats-Msg-Id: ${id}\r\n`;
  }
  if (ttlMs !== undefined) {
    if (!(ttlMs >= 1000)) throw new RangeError(`Expected \`ttlMs\` to be at least 1000, got ${ttlMs}`);
    // An older server ignores the header, and would keep the message.
    if (!isAtLeast(version(), TTL_SINCE)) {
      const why = `ttlMs needs nats-server ${TTL_SINCE}, this one is ${version()}`;
      throw busError("unsupported", `Cannot publish "${subject}": ${why}`, { operation: "publish", subject });
    }
    lines += `Nats-TTL: ${Math.ceil(ttlMs / 1000)}s\r\n`;
  }
  return lines;
}

interface ServerAck {
  readonly stream?: unknown;
  readonly seq?: unknown;
  readonly duplicate?: boolean;
  readonly error?: { readonly code?: number; readonly err_code?: number; readonly description?: string };
}

/** Parses a stream's reply to a published message. */
export function readAck(reply: Msg, subject: string, place: BusErrorPlace): MessageBusError | PublishAck {
  const fail = (kind: BusErrorKind, why: string) =>
    busError(kind, `Cannot publish "${subject}": ${why}`, place);
  if (isNoResponders(reply)) return fail("no_stream", "no stream covers this subject");
  let ack: ServerAck;
  try {
    ack = JSON.parse(UTF8.decode(reply.data));
  } catch {
    ack = {};
  }
  const { stream, seq, error } = ack;
  if (error !== undefined) {
    return fail(kindOf(error.err_code, error.code, error.description), error.description ?? "");
  }
  if (typeof stream !== "string" || typeof seq !== "number") {
    return fail("no_stream", "the reply is not a stream's acknowledgement");
  }
  // Not asked for with `Nats-Expected-Stream`: the header would be stored, and a mirror or a source would refuse the message.
  if (place.stream !== undefined && stream !== place.stream) {
    return fail("no_stream", `${stream} has stored it, not ${place.stream}`);
  }
  return { stream, seq, duplicate: ack.duplicate === true };
}

// https://github.com/nats-io/nats-server/blob/main/server/errors.json
function kindOf(code = 0, status = 0, description = ""): BusErrorKind {
  if (code === 10054 || code === 10097) return "too_large";
  if (code === 10039) return "refused";
  if (code === 10047 || /maximum (messages|bytes)|insufficient/.test(description)) return "stream_full";
  return status >= 500 ? "unavailable" : "refused";
}
