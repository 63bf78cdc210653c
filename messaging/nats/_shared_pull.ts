import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { settleWithin } from "../bus/_settle_within.ts";
import type { BusConsumer, PullEnd, SharedPullOptions, SharedPulls } from "../bus/consumer.ts";
import { type DeliveryPort, NatsDelivery } from "./_delivery.ts";
import { pullEndOf, pullTimes } from "./_pull_request.ts";

const DRAIN_TIMEOUT_MS = 2000;

/** What a shared subscription needs from its bus. */
export interface SharedPullPort extends DeliveryPort {
  readonly connection: NatsConnection;
  /** Subject of the pull requests of a consumer. */
  nextSubject(stream: string, name: string): string;
  newInbox(): string;
  /** Sends the queued acknowledgements. */
  flushAnswers(): void;
  /** Why no request can be sent, or `undefined` when it can. */
  unavailable(): "closed" | "disconnected" | undefined;
  /** Called when the subscription is closed. */
  onClose(pulls: NatsSharedPulls): void;
}

/** One consumer of a shared subscription. */
interface Lane {
  consumer: BusConsumer;
  readonly nextSubject: string;
  /** Number of its newest request. It is a part of reply subjects, which tells apart the statuses of ended requests. */
  round: number;
  /** Whether the message of that request may still come. */
  isAsked: boolean;
  /** Heartbeat intervals without a message or a heartbeat. */
  missedHeartbeats: number;
}

/**
 * Pull requests (`CONSUMER.MSG.NEXT`) to many consumers, for one message each, whose messages come to one subscription. A
 * message is told by the name of its consumer: its subject is the one that it was published to.
 */
export class NatsSharedPulls implements SharedPulls {
  readonly #port: SharedPullPort;
  readonly #options: SharedPullOptions;
  readonly #lanes: readonly Lane[];
  readonly #byName = new Map<string, number>();
  readonly #request: string;
  readonly #inbox: string;
  readonly #heartbeatMs: number;
  readonly #subscription: Subscription;
  readonly #heartbeatTimer: ReturnType<typeof setInterval>;
  #closed = false;

  constructor(port: SharedPullPort, consumers: readonly BusConsumer[], options: SharedPullOptions) {
    const { expiresMs = 30_000, heartbeatMs = 5000 } = options;
    this.#port = port;
    this.#options = options;
    this.#heartbeatMs = heartbeatMs;
    this.#lanes = consumers.map((consumer, index) => {
      const { stream, name } = consumer.config;
      this.#byName.set(name, index);
      return {
        consumer,
        nextSubject: port.nextSubject(stream, name),
        round: 0,
        isAsked: false,
        missedHeartbeats: 0,
      };
    });
    this.#request = `{"batch":1${pullTimes(expiresMs, heartbeatMs)}`;
    this.#inbox = port.newInbox();
    this.#subscription = port.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#onMessage(message);
      },
    });
    this.#heartbeatTimer = setInterval(() => this.#checkHeartbeats(), heartbeatMs);
  }

  pull(index: number): void {
    const lane = this.#lanes[index]!;
    if (this.#closed || lane.isAsked) return;
    lane.isAsked = true;
    const reason = this.#port.unavailable();
    if (reason !== undefined) return queueMicrotask(() => this.#endLane(index, reason));
    // Acknowledgements first: otherwise the server would count finished messages as pending.
    this.#port.flushAnswers();
    lane.missedHeartbeats = 0;
    this.#port.connection.publish(lane.nextSubject, this.#request, {
      reply: `${this.#inbox}.${index}_${++lane.round}`,
    });
  }

  replace(index: number, consumer: BusConsumer): void {
    this.#lanes[index]!.consumer = consumer; // it is asked by its name
  }

  /** Ends all open requests. */
  end(reason: PullEnd["reason"]): void {
    this.#lanes.forEach((_, index) => this.#endLane(index, reason));
  }

  async drain(): Promise<void> {
    if (this.#closed) return;
    const asked = this.#lanes.filter(({ isAsked }) => isAsked);
    for (const lane of this.#lanes) lane.isAsked = true; // nothing is asked for any more
    if (this.#port.unavailable() === undefined) {
      await settleWithin(DRAIN_TIMEOUT_MS, async () => {
        await this.#subscription.drain();
        // As in NatsPull: the server drops the requests that are left when it is asked for the state of their consumer.
        await Promise.all(asked.map(({ consumer }) => consumer.info()));
      });
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeatTimer);
    if (!this.#port.connection.isClosed() && !this.#subscription.isClosed()) this.#subscription.unsubscribe();
    this.#port.onClose(this);
  }

  #onMessage(message: Msg): void {
    if (this.#closed) return;
    // Answers go to this subject: anybody who knows the inbox could name another one, such as one of the broker's API.
    if (!message.reply?.startsWith("$JS.ACK.")) return this.#onStatus(message);
    const delivery = new NatsDelivery(message, this.#port);
    const index = this.#byName.get(delivery.consumer);
    if (index === undefined) return;
    this.#lanes[index]!.isAsked = false;
    this.#options.onDelivery(delivery, index);
  }

  #onStatus(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    const [place, round] = message.subject.slice(this.#inbox.length + 1).split("_").map(Number);
    const lane = this.#lanes[place!];
    if (lane === undefined || lane.round !== round) return;
    lane.missedHeartbeats = 0;
    if (code === 100) return; // a heartbeat
    this.#endLane(place!, pullEndOf(code, description), description);
  }

  #checkHeartbeats(): void {
    this.#lanes.forEach((lane, index) => {
      if (!lane.isAsked || ++lane.missedHeartbeats <= 2) return;
      this.#endLane(index, "silent", `no heartbeat for ${2 * this.#heartbeatMs} ms`);
    });
  }

  #endLane(index: number, reason: PullEnd["reason"], detail?: string): void {
    const lane = this.#lanes[index]!;
    if (this.#closed || !lane.isAsked) return;
    lane.isAsked = false;
    lane.round++;
    this.#options.onEnd(detail ? { reason, missing: 1, detail } : { reason, missing: 1 }, index);
  }
}
