import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { type DeliveryPort, NatsDelivery } from "./_delivery.ts";
import { settleWithin } from "../bus/_settle_within.ts";
import type { PullEnd, PullOptions, PullSubscription } from "../bus/consumer.ts";

const MIN_HEARTBEAT_MS = 100;
const DRAIN_TIMEOUT_MS = 2000;

/** What a subscription needs of its bus. */
export interface PullPort extends DeliveryPort {
  readonly connection: NatsConnection;
  /** The subject to ask for messages. */
  readonly nextSubject: string;
  newInbox(): string;
  /** Sends the answers that are queued. */
  flushAnswers(): void;
  /** Makes the server look through the requests that wait. */
  inspect(): Promise<unknown>;
  /** Why nothing can be asked for at this moment. */
  unavailable(): "closed" | "disconnected" | undefined;
  /** The subscription ended. */
  onClose(subscription: NatsPull): void;
}

/** Requests for messages (`CONSUMER.MSG.NEXT`) whose answers come to one subscription. */
export class NatsPull implements PullSubscription {
  readonly #port: PullPort;
  readonly #options: PullOptions;
  readonly #request: string;
  readonly #inbox: string;
  readonly #heartbeatMs: number;
  readonly #subscription: Subscription;
  /** Counts how often everything was given up, so that what is said of an older request is known as such. */
  #epoch = 0;
  /** For how many heartbeats nothing was heard. */
  #silence = 0;
  #watch: ReturnType<typeof setInterval> | undefined;
  #closed = false;
  outstanding = 0;

  constructor(port: PullPort, options: PullOptions) {
    const { expiresMs = 30_000, heartbeatMs = 1000 } = options;
    if (!(expiresMs > 0)) throw new RangeError(`Expected \`expiresMs\` to be more than 0, got ${expiresMs}`);
    if (!(heartbeatMs >= MIN_HEARTBEAT_MS)) {
      throw new RangeError(`Expected \`heartbeatMs\` to be at least ${MIN_HEARTBEAT_MS}, got ${heartbeatMs}`);
    }
    this.#port = port;
    this.#options = options;
    this.#heartbeatMs = heartbeatMs;
    // The server refuses a heartbeat of more than half of the time that a request stands.
    const heartbeat = Math.min(heartbeatMs, expiresMs / 2);
    this.#request = `,"expires":${Math.round(expiresMs * 1e6)},"idle_heartbeat":${
      Math.round(heartbeat * 1e6)
    }}`;
    this.#inbox = port.newInbox();
    this.#subscription = port.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#onMessage(message);
      },
    });
  }

  pull(batch: number): void {
    if (this.#closed) return;
    const reason = this.#port.unavailable();
    if (reason !== undefined) return queueMicrotask(() => this.#tell(reason, batch));
    // First what is done: the server is never to think that more is at work than was asked for.
    this.#port.flushAnswers();
    this.outstanding += batch;
    this.#silence = 0;
    this.#watch ??= setInterval(() => this.#look(), this.#heartbeatMs);
    this.#port.connection.publish(this.#port.nextSubject, `{"batch":${batch}${this.#request}`, {
      reply: `${this.#inbox}.${this.#epoch}_${batch}`,
    });
  }

  /** Gives up everything that was asked for. */
  end(reason: PullEnd["reason"], detail?: string): void {
    const missing = this.outstanding;
    this.#epoch++;
    this.outstanding = 0;
    this.#tell(reason, missing, detail);
  }

  async drain(): Promise<void> {
    if (this.#closed) return;
    this.#epoch++;
    this.outstanding = 0;
    // The server has sent all that it will when it answers what comes after the end of the subscription.
    if (this.#port.unavailable() === undefined) {
      await settleWithin(DRAIN_TIMEOUT_MS, async () => {
        await this.#subscription.drain();
        // The request stays in the server's queue, and until 2.10.20 a message that is given back while nobody else waits
        // gets lost in it until its ack wait is over. Asked about the consumer, the server drops such requests.
        await this.#port.inspect();
      });
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    if (!this.#port.connection.isClosed() && !this.#subscription.isClosed()) this.#subscription.unsubscribe();
    this.outstanding = 0;
    this.#port.onClose(this);
  }

  #onMessage(message: Msg): void {
    if (this.#closed) return;
    this.#silence = 0;
    if (message.reply) {
      if (this.outstanding > 0) this.outstanding--;
      this.#options.onDelivery(new NatsDelivery(message, this.#port));
    } else this.#onStatus(message);
  }

  #onStatus(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    if (code === 100) return; // a heartbeat
    const [epoch, asked] = message.subject.slice(this.#inbox.length + 1).split("_");
    if (Number(epoch) !== this.#epoch) return;
    if (code === 503 || (code === 409 && /(consumer|stream) deleted/i.test(description))) {
      return this.end("consumer_gone", description);
    }
    const left = message.headers?.get("Nats-Pending-Messages");
    const missing = Math.min(this.outstanding, Number(left || asked));
    this.outstanding -= missing;
    this.#tell(code === 408 || code === 404 ? "expired" : "interrupted", missing, description);
  }

  #look(): void {
    if (this.outstanding === 0 || ++this.#silence <= 2) return;
    this.end("silent", `no heartbeat for ${2 * this.#heartbeatMs} ms`);
  }

  #tell(reason: PullEnd["reason"], missing: number, detail?: string): void {
    if (!this.#closed) this.#options.onEnd(detail ? { reason, missing, detail } : { reason, missing });
  }
}
