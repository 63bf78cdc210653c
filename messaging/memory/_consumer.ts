import { busError } from "../bus/_bus_error.ts";
import { formerAckWaits, withFormerAckWait } from "../bus/_consumer_config.ts";
import type { MemoryMessage, MemoryStream, StreamConsumer } from "./_stream.ts";
import { subjectMatcher } from "../contract/_subject.ts";
import type { Clock, Timer } from "../bus/clock.ts";
import type {
  ConsumerInfo,
  Delivery,
  FullConsumerConfig,
  PullEnd,
  PullOptions,
  PullSubscription,
} from "../bus/consumer.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";
import type { StoredMessage } from "../bus/stream.ts";

/** A message that was delivered and is not settled. */
interface Unsettled {
  readonly sequence: number;
  count: number;
  /** When it is delivered again, in milliseconds since 1970; -1 where it is in the queue for that already. */
  deadline: number;
}

/** A durable consumer of a {@link MemoryStream} that follows the rules of JetStream. */
export class MemoryConsumer implements StreamConsumer {
  config: FullConsumerConfig;
  readonly #stream: MemoryStream;
  readonly #clock: Clock;
  readonly #matches: (subject: string) => boolean;
  readonly #unsettled = new Map<number, Unsettled>();
  readonly #again: number[] = [];
  readonly #subscriptions: MemorySubscription[] = [];
  #next: number;
  #pending = 0;
  #delivered: number;
  #deliveries = 0;
  #turn = 0;
  #scheduled = false;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #gone = false;
  #description: string | undefined;

  constructor(config: FullConsumerConfig, stream: MemoryStream, clock: Clock) {
    this.config = config;
    this.#stream = stream;
    this.#clock = clock;
    this.#matches = subjectMatcher(config.filterSubject);
    this.#next = config.deliver === "all" ? stream.firstSequence : config.deliver.startSequence;
    this.#delivered = this.#next - 1;
    for (let sequence = this.#next; sequence <= stream.lastSequence; sequence++) {
      const message = stream.get(sequence);
      if (message !== undefined && this.#matches(message.subject)) this.#pending++;
    }
  }

  get clock(): Clock {
    return this.#clock;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** The ack waits that it had before. */
  get formerAckWaits(): readonly number[] {
    return formerAckWaits(this.#description);
  }

  reconfigure(config: FullConsumerConfig): void {
    const [former, next] = [this.config.ackWaitMs, config.ackWaitMs];
    if (former !== next) this.#description = withFormerAckWait(this.#description, former, next);
    this.config = config;
    this.schedule();
  }

  onStored(message: MemoryMessage): void {
    if (message.sequence < this.#next || !this.#matches(message.subject)) return;
    this.#pending++;
    this.schedule();
  }

  onRemoved(message: MemoryMessage): void {
    if (message.sequence >= this.#next && this.#matches(message.subject)) this.#pending--;
  }

  subscribe(options: PullOptions): MemorySubscription {
    const subscription = new MemorySubscription(this, options);
    this.#subscriptions.push(subscription);
    return subscription;
  }

  unsubscribe(subscription: MemorySubscription): void {
    const index = this.#subscriptions.indexOf(subscription);
    if (index >= 0) this.#subscriptions.splice(index, 1);
  }

  /** Ends every pull request, as after the loss of the consumer or of the connection. */
  interrupt(reason: PullEnd["reason"]): void {
    if (reason === "consumer_gone") {
      this.#gone = true;
      this.#timer?.cancel();
    }
    for (const subscription of [...this.#subscriptions]) subscription.end(reason);
  }

  settle(sequence: number): void {
    if (this.#unsettled.delete(sequence)) this.schedule();
  }

  giveBack(sequence: number, delayMs: number): void {
    const entry = this.#unsettled.get(sequence);
    if (entry === undefined || entry.deadline < 0) return;
    if (delayMs > 0) {
      entry.deadline = this.#clock.now() + delayMs;
      this.#wakeAt(entry.deadline);
    } else {
      this.#redeliver(entry);
      this.schedule();
    }
  }

  extend(sequence: number): void {
    const entry = this.#unsettled.get(sequence);
    if (entry !== undefined && entry.deadline >= 0) {
      entry.deadline = this.#clock.now() + this.config.ackWaitMs;
    }
  }

  info(): ConsumerInfo {
    this.#stream.expire();
    const [oldest] = this.#unsettled.keys();
    return {
      ackFloor: oldest === undefined ? this.#delivered : oldest - 1,
      delivered: this.#delivered,
      ackPending: this.#unsettled.size,
      redelivered: [...this.#unsettled.values()].filter(({ count }) => count > 1).length,
      pending: this.#pending,
      waiting: this.#subscriptions.filter(({ outstanding }) => outstanding > 0).length,
      deliveries: this.#deliveries,
      ackWaitMs: this.config.ackWaitMs,
    };
  }

  oldest(): StoredMessage | undefined {
    this.#stream.expire();
    for (const sequence of this.#unsettled.keys()) {
      const message = this.#stream.get(sequence);
      if (message !== undefined) return message;
    }
    return this.#stream.read({ from: this.#next, subject: this.config.filterSubject });
  }

  /** Delivers what it can, in a microtask. */
  schedule(): void {
    if (this.#scheduled || this.#subscriptions.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    this.#stream.expire();
    for (;;) {
      const subscription = this.#waiting();
      if (subscription === undefined) return;
      const entry = this.#takeAgain() ?? this.#takeNew();
      if (entry === undefined) return;
      const message = this.#stream.get(entry.sequence)!;
      this.#deliveries++;
      entry.deadline = this.#clock.now() + this.config.ackWaitMs;
      this.#wakeAt(entry.deadline);
      this.#turn = this.#subscriptions.indexOf(subscription) + 1;
      subscription.deliver(new MemoryDelivery(this, message, entry.count, this.#pending));
    }
  }

  /** The next subscription that waits for messages, in turns. */
  #waiting(): MemorySubscription | undefined {
    const all = this.#subscriptions;
    for (let i = 0; i < all.length; i++) {
      const subscription = all[(this.#turn + i) % all.length]!;
      if (subscription.outstanding > 0) return subscription;
    }
    return undefined;
  }

  #takeAgain(): Unsettled | undefined {
    for (let sequence = this.#again.shift(); sequence !== undefined; sequence = this.#again.shift()) {
      const entry = this.#unsettled.get(sequence);
      if (entry === undefined || entry.deadline >= 0) continue;
      if (this.#stream.get(sequence) === undefined) {
        this.#unsettled.delete(sequence); // dropped by a limit of the stream
        continue;
      }
      entry.count++;
      return entry;
    }
    return undefined;
  }

  #takeNew(): Unsettled | undefined {
    if (this.#unsettled.size >= this.config.maxAckPending) return undefined;
    const stream = this.#stream;
    this.#next = Math.max(this.#next, stream.firstSequence);
    while (this.#next <= stream.lastSequence) {
      const message = stream.get(this.#next++);
      if (message === undefined || !this.#matches(message.subject)) continue;
      this.#pending--;
      this.#delivered = message.sequence;
      const entry = { sequence: message.sequence, count: 1, deadline: 0 };
      this.#unsettled.set(message.sequence, entry);
      return entry;
    }
    return undefined;
  }

  #redeliver(entry: Unsettled): void {
    entry.deadline = -1;
    this.#again.push(entry.sequence);
  }

  #wakeAt(time: number): void {
    if (time >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = time;
    this.#timer = this.#clock.setTimer(() => this.#wake(), time - this.#clock.now());
  }

  #wake(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    let earliest = Infinity;
    for (const entry of this.#unsettled.values()) {
      if (entry.deadline < 0) continue;
      if (entry.deadline <= now) this.#redeliver(entry);
      else earliest = Math.min(earliest, entry.deadline);
    }
    if (earliest !== Infinity) this.#wakeAt(earliest);
    this.schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timerAt = -1;
  }
}

/** The pull requests of one subscriber to a {@link MemoryConsumer}. */
export class MemorySubscription implements PullSubscription {
  readonly #consumer: MemoryConsumer;
  readonly #options: PullOptions;
  readonly #requests: { left: number; readonly timer: Timer }[] = [];
  outstanding = 0;
  /** Why the bus delivers nothing; `undefined` where it does. */
  unavailable: () => PullEnd["reason"] | undefined = () => undefined;

  constructor(consumer: MemoryConsumer, options: PullOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  pull(batch: number): void {
    const { expiresMs = 30_000, onEnd } = this.#options;
    const reason = this.#consumer.gone ? "consumer_gone" : this.unavailable();
    if (reason !== undefined) return queueMicrotask(() => onEnd({ reason, missing: batch }));
    const request = { left: batch, timer: this.#consumer.clock.setTimer(() => expire(), expiresMs) };
    const expire = () => {
      this.#requests.splice(this.#requests.indexOf(request), 1);
      this.outstanding -= request.left;
      onEnd({ reason: "expired", missing: request.left });
    };
    this.#requests.push(request);
    this.outstanding += batch;
    this.#consumer.schedule();
  }

  deliver(delivery: Delivery): void {
    this.outstanding--;
    const request = this.#requests[0]!;
    if (--request.left === 0) {
      request.timer.cancel();
      this.#requests.shift();
    }
    this.#options.onDelivery(delivery);
  }

  end(reason: PullEnd["reason"]): void {
    const missing = this.#forget();
    if (missing > 0 || reason !== "consumer_gone") this.#options.onEnd({ reason, missing });
  }

  drain(): Promise<void> {
    this.close(); // deliveries are synchronous: none is on its way
    return Promise.resolve();
  }

  close(): void {
    this.#forget();
    this.#consumer.unsubscribe(this);
  }

  #forget(): number {
    const missing = this.outstanding;
    for (const { timer } of this.#requests.splice(0)) timer.cancel();
    this.outstanding = 0;
    return missing;
  }
}

class MemoryDelivery implements Delivery {
  readonly #consumer: MemoryConsumer;
  readonly #message: MemoryMessage;
  #settled = false;
  readonly deliveryCount: number;
  readonly pending: number;

  constructor(consumer: MemoryConsumer, message: MemoryMessage, deliveryCount: number, pending: number) {
    this.#consumer = consumer;
    this.#message = message;
    this.deliveryCount = deliveryCount;
    this.pending = pending;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  get headers(): MessageHeaders {
    return this.#message.headers;
  }

  get stream(): string {
    return this.#consumer.config.stream;
  }

  get consumer(): string {
    return this.#consumer.config.name;
  }

  get sequence(): number {
    return this.#message.sequence;
  }

  get timeNanos(): bigint {
    return this.#message.timeNanos;
  }

  ack(): void {
    if (this.#settle()) this.#consumer.settle(this.sequence);
  }

  ackConfirmed(): Promise<void> {
    const { gone, config } = this.#consumer;
    if (gone) {
      const message = `Cannot acknowledge: the consumer ${config.name} is gone`;
      return Promise.reject(
        busError("unavailable", message, { operation: "ack", stream: config.stream, subject: this.subject }),
      );
    }
    this.ack();
    return Promise.resolve();
  }

  nak(delayMs = 0): void {
    if (this.#settle()) this.#consumer.giveBack(this.sequence, delayMs);
  }

  inProgress(): void {
    if (!this.#settled) this.#consumer.extend(this.sequence);
  }

  term(): void {
    this.ack();
  }

  #settle(): boolean {
    return !this.#settled && (this.#settled = true);
  }
}
