import { MessageBusError } from "../../errors/infrastructure.ts";
import type { MessageBus } from "./message_bus.ts";
import type { ReadMessagesOptions, StoredMessage } from "./stream.ts";

/**
 * The messages of a stream in their order, up to the last that is there at the beginning: by `readMessages` where the bus has
 * it, else one by one.
 */
export async function* readStream(
  bus: MessageBus,
  stream: string,
  { to, ...options }: ReadMessagesOptions,
): AsyncGenerator<StoredMessage, void> {
  const last = to ?? (await bus.streamInfo(stream))?.lastSequence ?? 0;
  if (options.from > last) return;
  const { subject, signal } = options;
  let from = options.from;
  if (bus.readMessages !== undefined) {
    try {
      for await (const message of bus.readMessages(stream, { ...options, to: last })) {
        from = message.sequence + 1;
        yield message;
      }
      return;
    } catch (error) {
      // Credentials may permit to read a message, and not to make a consumer.
      if (!(error instanceof MessageBusError && error.kind === "refused")) throw error;
    }
  }
  while (from <= last) {
    signal?.throwIfAborted();
    const message = await bus.readMessage(stream, { from, subject });
    if (message === undefined || message.sequence > last) return;
    yield message;
    from = message.sequence + 1;
  }
}
