import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { type DeliveryPort, NatsDelivery } from "./_delivery.ts";
import { pullEndOf, pullTimes } from "./_pull_request.ts";
import { settleWithin } from "../bus/_settle_within.ts";
import type { PullEnd, PullOptions, PullSubscription } from "../bus/consumer.ts";

const DRAIN_TIMEOUT_MS = 2000;

/** What a subscription needs from its bus. */
export interface PullPort extends DeliveryPort {
  readonly connection: NatsConnection;
  /** Subject of pull requests. */
  readonly nextSubject: string;
  newInbox(): string;
  /** Sends the queued acknowledgements. */
  flushAnswers(): void;
  /** Asks for the consumer's state, which makes the server check its open pull requests. */
  inspect(): Promise<unknown>;
  /** Why no request can be sent, or `undefined` when it can. */
  unavailable(): "closed" | "disconnected" | undefined;
  /** Called when the subscription is closed. */
  onClose(subscription: NatsPull): void;
}

/** Pull requests (`CONSUMER.MSG.NEXT`) whose messages come to one subscription. */
export class NatsPull implements PullSubscription {
  readonly #port: PullPort;
  readonly #options: PullOptions;
  readonly #request: string;
  readonly #inbox: string;
  readonly #heartbeatMs: number;
  readonly #subscription: Subscription;
  /** Number of `end` calls so far. It is a part of reply subjects, which tells apart the statuses of ended requests. */
  #epoch = 0;
  /** Heartbeat intervals without a message or a heartbeat. */
  #missedHeartbeats = 0;
  #heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  #closed = false;
  outstanding = 0;

  constructor(port: PullPort, options: PullOptions) {
    const { expiresMs = 30_000, heartbeatMs = 1000 } = options;
    this.#port = port;
    this.#options = options;
    this.#heartbeatMs = heartbeatMs;
    this.#request = pullTimes(expiresMs, heartbeatMs);
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
    if (reason !== undefined) return queueMicrotask(() => this.#notifyEnd(reason, batch));
    // Acknowledgements first: otherwise the server would count finished messages as pending.
    this.#port.flushAnswers();
    this.outstanding += batch;
    this.#missedHeartbeats = 0;
    this.#heartbeatTimer ??= setInterval(() => this.#checkHeartbeat(), this.#heartbeatMs);
    this.#port.connection.publish(this.#port.nextSubject, `{"batch":${batch}${this.#request}`, {
      reply: `${this.#inbox}.${this.#epoch}_${batch}`,
    });
  }

  /** Ends all open requests. */
  end(reason: PullEnd["reason"], detail?: string): void {
    const missing = this.outstanding;
    this.#epoch++;
    this.outstanding = 0;
    this.#notifyEnd(reason, missing, detail);
  }

  async drain(): Promise<void> {
    if (this.#closed) return;
    this.#epoch++;
    this.outstanding = 0;
    // `drain` unsubscribes and waits for a reply of the server, which comes after all of its messages.
    if (this.#port.unavailable() === undefined) {
      await settleWithin(DRAIN_TIMEOUT_MS, async () => {
        await this.#subscription.drain();
        // The pull request stays in the server's queue. Before nats-server 2.10.20 a message with a negative
        // acknowledgement may be delivered to it, and is lost until its ack wait ends. A request for the consumer's state
        // makes the server drop such requests.
        await this.#port.inspect();
      });
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeatTimer);
    if (!this.#port.connection.isClosed() && !this.#subscription.isClosed()) this.#subscription.unsubscribe();
    this.outstanding = 0;
    this.#port.onClose(this);
  }

  #onMessage(message: Msg): void {
    if (this.#closed) return;
    this.#missedHeartbeats = 0;
    // Answers go to this subject: anybody who knows the inbox could name another one, such as one of the broker's API.
    if (message.reply?.startsWith("$JS.ACK.")) {
      if (this.outstanding > 0) this.outstanding--;
      this.#options.onDelivery(new NatsDelivery(message, this.#port));
    } else this.#onStatus(message);
  }

  #onStatus(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    if (code === 100) return; // a heartbeat
    const [epoch, asked] = message.subject.slice(this.#inbox.length + 1).split("_");
    if (Number(epoch) !== this.#epoch) return;
    const reason = pullEndOf(code, description);
    if (reason === "consumer_gone") return this.end(reason, description);
    const left = message.headers?.get("Nats-Pending-Messages");
    const missing = Math.min(this.outstanding, Number(left || asked));
    this.outstanding -= missing;
    this.#notifyEnd(reason, missing, description);
  }

  #checkHeartbeat(): void {
    if (this.outstanding === 0 || ++this.#missedHeartbeats <= 2) return;
    this.end("silent", `no heartbeat for ${2 * this.#heartbeatMs} ms`);
  }

  #notifyEnd(reason: PullEnd["reason"], missing: number, detail?: string): void {
    if (!this.#closed) this.#options.onEnd(detail ? { reason, missing, detail } : { reason, missing });
  }
}
