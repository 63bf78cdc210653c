import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { encodeHeaders, NatsMessage } from "./_message.ts";
import type { ServeOptions, Serving } from "../bus/message_bus.ts";

/** Subscribes to a subject, and answers its requests. */
export function serveRequests(connection: NatsConnection, subject: string, options: ServeOptions): Serving {
  const { queue, onRequest } = options;
  const running = new Set<Promise<void>>();
  const answer = async (message: Msg) => {
    const { data, headers = [] } = await onRequest(new NatsMessage(message));
    const encoded = encodeHeaders(headers, "");
    // Structurally all that the client uses of headers.
    message.respond(data, encoded === undefined ? {} : { headers: encoded as never });
  };
  const subscription = connection.subscribe(subject, {
    ...queue !== undefined && { queue },
    callback(error, message) {
      if (error !== null) return;
      // A reply that cannot be sent has nobody left to be told: the caller times out.
      const work = answer(message).catch(() => {}).finally(() => running.delete(work));
      running.add(work);
    },
  });
  return {
    async close() {
      if (!connection.isClosed()) await subscription.drain().catch(() => {});
      await Promise.all(running);
    },
  };
}
