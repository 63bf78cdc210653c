import type { MessageBus } from "../bus/message_bus.ts";
import type { NatsOptions } from "./nats_options.ts";

/**
 * Connects to NATS with JetStream, by TCP or WebSocket.
 *
 * The client reconnects after every loss of the connection, without a limit; meanwhile {@link MessageBus.connected} is
 * `false` and calls reject at once. On Cloudflare Workers a bus lives for one request and uses a WebSocket; it can publish
 * and send requests, but has no consumers and no responders.
 *
 * With `waitForServer` the first connect is retried, too, and with `lazy` the bus is returned before it is connected. A
 * server that cannot be reached is then logged at once and every 10 seconds. Wrong credentials, certificates that do not fit
 * and missing permissions of the runtime are never retried.
 *
 * @example
 * ```ts ignore
 * import { connectNats } from "@glam/shared/messaging";
 *
 * await using bus = await connectNats({ servers: "nats://127.0.0.1:4222" });
 * console.log(bus.connected); // true
 * ```
 *
 * @throws {TypeError} when an option is malformed, options exclude each other, or a connection with another transport is
 * open in this process.
 * @throws {MessageBusError} with kind `unavailable` when no server can be reached, `refused` when the server refuses the
 * credentials, or a certificate, a seed or a `.creds` text does not fit.
 */
export async function connectNats(options: NatsOptions = {}): Promise<MessageBus> {
  const { createDialer } = await import("./_connection.ts");
  const { NatsBus } = await import("./_bus.ts");
  const { lazy = false, waitForServer = false, logger } = options;
  const dialer = await createDialer(options);
  const { inboxPrefix } = dialer;
  if (!lazy && !waitForServer) return await NatsBus.open(await dialer.dial(), inboxPrefix, options);
  const { keepDialing } = await import("./_keep_dialing.ts");
  const connect = async (signal?: AbortSignal) =>
    await NatsBus.open(await keepDialing(dialer, { logger, signal }), inboxPrefix, options);
  if (!lazy) return await connect();
  const { LazyNatsBus } = await import("./_lazy_bus.ts");
  return new LazyNatsBus(connect, options);
}
