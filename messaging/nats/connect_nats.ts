import type { MessageBus } from "../bus/message_bus.ts";
import type { NatsOptions } from "./nats_options.ts";

/**
 * Connects to NATS with JetStream, by TCP or WebSocket.
 *
 * The client reconnects after every loss of the connection, without a limit; meanwhile {@link MessageBus.connected} is
 * `false` and calls reject at once. On Cloudflare Workers a bus lives for one request and uses a WebSocket; it can publish
 * and send requests, but has no consumers and no responders.
 *
 * @example
 * ```ts ignore
 * import { connectNats } from "@glam/shared/messaging";
 *
 * await using bus = await connectNats({ servers: "nats://127.0.0.1:4222" });
 * console.log(bus.connected); // true
 * ```
 *
 * @throws {TypeError} when options exclude each other, or a connection with another transport is open in this process.
 * @throws {MessageBusError} with kind `unavailable` when no server can be reached, `refused` when the credentials are wrong.
 */
export async function connectNats(options: NatsOptions = {}): Promise<MessageBus> {
  const { openNats } = await import("./_connection.ts");
  const { NatsBus } = await import("./_bus.ts");
  const { createInbox } = await import("@nats-io/nats-core");
  return new NatsBus(await openNats(options), createInbox(), options);
}
