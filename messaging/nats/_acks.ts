import type { NatsConnection } from "@nats-io/nats-core";

const BATCH = 64;

/**
 * Acknowledgements on their way. They leave together, at the next turn of the event loop or when there are 64: the client
 * writes to the socket once for each turn of microtasks, which for handlers that await is once for each message.
 *
 * What is queued while the connection is lost leaves when it is there again; the server takes it for as long as it has not
 * delivered the message to somebody else.
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

  /** Queues the answer to a delivery; none is an acknowledgement. */
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

  /** Hands over what is queued to the connection, where there is one. */
  flush(): void {
    if (this.#queue.length === 0 || !this.#isConnected() || this.#connection.isClosed()) return;
    for (const { subject, payload } of this.#queue) this.#connection.publish(subject, payload);
    this.#queue.length = 0;
  }
}

const nextTurn: (fn: () => void) => void =
  (globalThis as { setImmediate?: (fn: () => void) => void }).setImmediate ??
    ((fn) => setTimeout(fn, 0));
