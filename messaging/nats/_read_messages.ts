import type { ConsumerConfig as ServerConfig } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { busError } from "../bus/_bus_error.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";
import type { ReadMessagesOptions, StoredMessage } from "../bus/stream.ts";
import type { NatsManager } from "./_manager.ts";
import { readHeaders } from "./_message.ts";

const NANOS = 1e6;
const BATCH = 500;
/** After which the server removes a consumer that could not be deleted. */
const INACTIVE_MS = 30_000;

/** What reading needs from its bus. */
export interface ReadPort {
  readonly connection: NatsConnection;
  readonly manager: NatsManager;
  newInbox(): string;
}

/**
 * Reads the messages of a stream in their order, by a consumer that is made for it. `STREAM.MSG.GET` takes one request for
 * each message, which is thirty times slower.
 */
export async function* readServerMessages(
  { connection, manager, newInbox }: ReadPort,
  stream: string,
  { from, to = Infinity, subject, headersOnly = false, signal }: ReadMessagesOptions,
): AsyncGenerator<StoredMessage, void> {
  const place = { operation: "read_messages", stream };
  const doing = `Cannot read messages of ${stream}`;
  signal?.throwIfAborted();
  if (from > to) return;
  const { name, num_pending } = await manager.ask(doing, place, (api) =>
    api.consumers.add(stream, {
      ack_policy: "none",
      deliver_policy: "by_start_sequence",
      opt_start_seq: Math.max(1, from),
      inactive_threshold: INACTIVE_MS * NANOS,
      mem_storage: true,
      num_replicas: 1,
      ...subject !== undefined && { filter_subject: subject },
      ...headersOnly && { headers_only: true },
    } as ServerConfig));
  const inbox = newInbox();
  const received: Msg[] = [];
  let onMessage = () => {};
  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      if (error === null) received.push(message);
      onMessage();
    },
  });
  try {
    for (let left = num_pending; left > 0;) {
      const batch = Math.min(BATCH, left, to - from + 1);
      connection.publish(
        `${manager.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${name}`,
        `{"batch":${batch},"no_wait":true}`,
        { reply: inbox },
      );
      for (let missing = batch; missing > 0; missing--) {
        if (received.length === 0) {
          await manager.ask(doing, place, () => nextOf(manager.timeoutMs));
        }
        signal?.throwIfAborted();
        const message = new ReadMessage(received.shift()!);
        if (message.isStatus || message.sequence > to) return; // the rest was deleted meanwhile, or is not asked for
        left--;
        from = message.sequence + 1;
        yield message;
        if (from > to) return;
      }
    }
  } finally {
    if (!connection.isClosed()) subscription.unsubscribe();
    manager.ask(doing, place, (api) => api.consumers.delete(stream, name)).catch(() => {});
  }

  function nextOf(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const onAbort = () => fail(signal!.reason);
      const timer = setTimeout(
        () => fail(busError("timeout", `${doing}: nothing came within ${timeoutMs} ms`, place)),
        timeoutMs,
      );
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        onMessage = () => {};
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      onMessage = () => {
        end();
        resolve();
      };
    });
  }
}

/** A message whose metadata are in its reply subject, as in that of a delivery. Headers are parsed on access. */
class ReadMessage implements StoredMessage {
  readonly #message: Msg;
  readonly #parts: readonly string[];
  #headers: MessageHeaders | undefined;

  constructor(message: Msg) {
    this.#message = message;
    const parts = message.reply?.split(".") ?? [];
    this.#parts = parts.length > 9 ? parts.slice(2) : parts; // with a domain there are two more tokens
  }

  /** Whether it is a status of the server, such as that there are no messages. */
  get isStatus(): boolean {
    return !this.#message.reply?.startsWith("$JS.ACK.");
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  get headers(): MessageHeaders {
    return this.#headers ??= readHeaders(this.#message);
  }

  get sequence(): number {
    return Number(this.#parts[5]);
  }

  get timeNanos(): bigint {
    return BigInt(this.#parts[7]!);
  }
}
