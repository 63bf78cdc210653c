import type { MessageBus } from "../bus/message_bus.ts";
import type { NatsOptions } from "./nats_options.ts";

/**
 * Connects to NATS with JetStream, by TCP or by a WebSocket.
 *
 * A connection that is lost is made again, for ever; meanwhile {@link MessageBus.connected} is `false` and calls reject
 * at once. On Cloudflare's workers a bus publishes and sends requests, over a WebSocket, and lives as long as one request;
 * consumers and responders are refused there.
 *
 * @example
 * ```ts ignore
 * import { connectNats } from "@glam/shared/messaging";
 *
 * await using bus = await connectNats({ servers: "nats://127.0.0.1:4222" });
 * console.log(bus.connected); // true
 * ```
 *
 * @throws {TypeError} when options exclude each other, or another transport is in use in this process.
 * @throws {MessageBusError} with kind `unavailable` when no server can be reached, `refused` when the credentials are wrong.
 */
export async function connectNats(options: NatsOptions = {}): Promise<MessageBus> {
  const { openNats } = await import("./_connection.ts");
  const { NatsBus } = await import("./_bus.ts");
  const { createInbox } = await import("@nats-io/nats-core");
  return new NatsBus(await openNats(options), createInbox(), options);
}
