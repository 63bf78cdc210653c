import type { NatsConnection } from "@nats-io/nats-core";

const BATCH = 64;

/**
 * Batches acknowledgements: they are sent at the next turn of the event loop, or when there are 64. The client itself
 * writes to the socket once per microtask turn, which for handlers that await is once per message.
 *
 * Acknowledgements that are queued while the connection is lost are sent after the reconnect. The server accepts such a
 * late one also when it has redelivered the message meanwhile, perhaps to another process: the caller has to know of that.
 */
export class NatsAcks {
  readonly #connection: NatsConnection;
  readonly #isConnected: () => boolean;
  readonly #queue: { readonly subject: string; readonly payload: string | undefined }[] = [];
  #scheduled = false;

  constructor(connection: NatsConnection, isConnected: () => boolean) {
    this.#connection = connection;
    this.#isConnected = isConnected;
  }

  /** Queues an acknowledgement; `payload` is its kind, such as `-NAK`, and empty for a positive one. */
  add(subject: string, payload?: string): void {
    this.#queue.push({ subject, payload });
    if (this.#queue.length >= BATCH) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      nextTurn(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Sends the queued acknowledgements, if the connection is up. */
  flush(): void {
    if (this.#queue.length === 0 || !this.#isConnected() || this.#connection.isClosed()) return;
    for (const { subject, payload } of this.#queue) this.#connection.publish(subject, payload);
    this.#queue.length = 0;
  }
}

const nextTurn: (fn: () => void) => void =
  (globalThis as { setImmediate?: (fn: () => void) => void }).setImmediate ??
    ((fn) => setTimeout(fn, 0));
