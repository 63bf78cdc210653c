import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { LoggerLike } from "../../logging/logger.ts";
import { failedReply } from "../request/_error_reply.ts";
import type { RawMessage, ServeOptions, Serving } from "../bus/message_bus.ts";
import type { NatsConnectionState } from "./_connection_state.ts";
import { encodeHeaders, NatsMessage } from "./_message.ts";

/** A subscription to requests that the server has not confirmed yet. */
export interface PendingServing {
  readonly serving: Serving;
  /** Rejects when the server refuses the subscription. */
  readonly refused: Promise<never>;
  /** Call it when the server has confirmed the subscription. */
  confirmed(): void;
}

/**
 * Subjects that no reply goes to, although a request names them: those of the broker's own API, and those that other
 * services listen to. The responder may publish to them, its caller perhaps not.
 */
const NO_REPLY_SUBJECT = /^(\$|(rpc|evt|cmd|dlq|glam)\.)/;

/** Subscribes to a subject, and answers its requests. */
export function serveRequests(
  connection: NatsConnection,
  subject: string,
  options: ServeOptions,
  log: LoggerLike | undefined,
  state: Pick<NatsConnectionState, "expectRefusal">,
): PendingServing {
  const { queue, onRefused, onRequest } = options;
  const running = new Set<Promise<void>>();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {}); // it may come after the subscription was confirmed
  const respond = (message: Msg, { data, headers = [] }: RawMessage) => {
    const encoded = encodeHeaders(headers, "");
    if (onRefused !== undefined) state.expectRefusal("publish", message.reply!, onRefused);
    // The client only calls `encode`.
    message.respond(data, encoded === undefined ? {} : { headers: encoded as never });
  };
  const answer = async (message: Msg) => {
    if (NO_REPLY_SUBJECT.test(message.reply ?? "")) return;
    try {
      respond(message, await onRequest(new NatsMessage(message)));
    } catch (error) {
      if (connection.isClosed()) return;
      // The handler rejected, or its reply is too large or has a malformed header: the caller must not wait for its timeout.
      log?.error("Cannot answer a request", { subject: message.subject, error });
      respond(message, failedReply(error));
    }
  };
  // Whoever waits for the confirmation hears of the refusal by it.
  const forget = state.expectRefusal("subscription", subject, () => {});
  let isConfirmed = false;
  const subscription = connection.subscribe(subject, {
    ...queue !== undefined && { queue },
    callback(error, message) {
      if (error !== null) {
        refusal.reject(error);
        if (isConfirmed) onRefused?.(error);
        return;
      }
      const work = answer(message).catch(() => {}).finally(() => running.delete(work));
      running.add(work);
    },
  });
  return {
    refused: refusal.promise,
    confirmed() {
      isConfirmed = true;
      forget();
      if (onRefused !== undefined) state.expectRefusal("subscription", subject, () => {});
    },
    serving: {
      async close() {
        if (!connection.isClosed()) await subscription.drain().catch(() => {});
        await Promise.all(running);
      },
    },
  };
}
