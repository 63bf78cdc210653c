import type { Timer } from "../bus/clock.ts";
import type { BusConsumer, ConsumerInfo, Delivery, PullEnd, PullSubscription } from "../bus/consumer.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { ensureStreamOf } from "../bus/ensure_stream_of.ts";
import { ackWaitOf } from "./_ack_wait_of.ts";
import type { ListenerCore, RunningSource } from "./_core.ts";
import { createdOf } from "./_created_of.ts";
import { HeldMessage } from "./_held_message.ts";
import { SourceCounters } from "./_source_counters.ts";
import { RecentlySettled } from "./_recently_settled.ts";
import { Recovery } from "./_recovery.ts";
import { MAX_ACK_PENDING, type SourceSettings } from "./_settings.ts";

/**
 * How many held messages may be parked: waiting behind another message with their key, or for another attempt. It is large,
 * so that one failing key or dependency does not stop the fetching of other messages.
 */
const MAX_PARKED = 1000;
/** How many of them may wait for another attempt; beyond that, messages are returned to the server for the time. */
const MAX_WAITING = 500;
const MAX_PARKED_BYTES = 32 * 1024 * 1024;

const RECOVERY_PAUSES_MS = [0, 50, 100, 200, 400, 800];

/**
 * The durable consumer of one event, and the messages of it that this process holds. Asks for messages, and subscribes again
 * when the consumer or the connection is lost.
 */
export class Source implements RunningSource {
  readonly settings: SourceSettings;
  readonly counters: SourceCounters;
  /** The stream that has its subject. */
  stream = "";
  readonly held: Map<number, HeldMessage> = new Map();
  readonly settled: RecentlySettled = new RecentlySettled();
  /** Number of messages that wait for a free slot. */
  ready = 0;
  /** Number of messages whose handler runs. */
  running = 0;
  /** Bytes of the held payloads. */
  bytes = 0;
  /** Greatest ack floor seen so far: a consumer that was deleted is made again from there. */
  floor = 0;
  /** Greatest sequence that the consumer has delivered to any process, as last seen. */
  delivered = 0;
  /** Ack wait of the consumer, as last seen: another version may have changed it. */
  ackWaitMs: number = Infinity;
  readonly onHold = 0;
  readonly #engine: ListenerCore;
  readonly #bus: MessageBus;
  readonly #recovery: Recovery;
  #consumer: BusConsumer | undefined;
  #subscription: PullSubscription | undefined;
  /** Whether messages are asked for one by one: until one arrives that is no suspect. */
  #probing = true;
  #paused = false;
  #isStarted = false;
  #created: string | undefined;
  #again: Timer | undefined;

  constructor(engine: ListenerCore, bus: MessageBus, settings: SourceSettings) {
    this.#engine = engine;
    this.#bus = bus;
    this.settings = settings;
    const { service, queueGroup } = engine.settings;
    this.counters = new SourceCounters(service, queueGroup, this);
    this.#recovery = new Recovery(engine, bus, {
      durable: settings.durable,
      pausesMs: RECOVERY_PAUSES_MS,
      repair: async () => {
        if (await this.#consumer?.info() === undefined) await this.#rebind();
        return true;
      },
      subscribe: () => {
        if (!this.#paused && !engine.isOver) this.#subscribe();
      },
    });
  }

  /** Since when it receives no messages although it should, in milliseconds since 1970. */
  get brokenSince(): number | undefined {
    return this.#recovery.since;
  }

  /** Why it receives no messages. */
  get trouble(): string | undefined {
    return this.#recovery.trouble;
  }

  get consumer(): BusConsumer | undefined {
    return this.#consumer;
  }

  async start(): Promise<void> {
    this.stream = await this.#findStream();
    this.#created = await createdOf(this.#bus, this.stream);
    await this.#bind(this.#engine.settings.repair);
    const info = await this.#consumer!.info();
    this.floor = info?.ackFloor ?? 0;
    await this.#lookAtRetention(info === undefined ? undefined : Math.max(info.delivered, info.ackFloor));
    this.#isStarted = true;
    if (!this.#paused) this.#subscribe();
  }

  async read(): Promise<ConsumerInfo | "gone"> {
    return await this.#consumer?.info() ?? "gone";
  }

  /** Asks for messages up to `prefetch`, once half of it is free. */
  refill(): void {
    const subscription = this.#subscription;
    if (subscription === undefined || this.#paused) return;
    const { outstanding } = subscription;
    const { prefetch } = this.#engine.settings;
    if (this.#probing) {
      if (outstanding === 0 && this.held.size === 0) subscription.pull(1);
      return;
    }
    const coming = this.ready + outstanding;
    if (coming > prefetch >> 1) return;
    const parked = this.held.size - this.ready - this.running;
    if (parked >= MAX_PARKED || parked > 0 && this.bytes > MAX_PARKED_BYTES) return;
    subscription.pull(prefetch - coming);
  }

  /** Whether another message may wait in this process instead of being returned to the server. */
  get hasRoomToWait(): boolean {
    return this.#engine.dispatcher.waiting < MAX_WAITING && this.bytes < MAX_PARKED_BYTES;
  }

  /** Stops asking for messages, and resolves when those on their way have arrived. */
  async pause(): Promise<void> {
    this.#paused = true;
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.drain();
  }

  /** Asks for messages again, one by one at first. Before the first bind, `start` does. */
  resume(): void {
    this.#paused = false;
    this.#probing = true;
    if (this.#isStarted && !this.#recovery.isUnderWay) this.#subscribe();
  }

  /** Closes its subscription for good. */
  close(): void {
    this.#paused = true;
    this.#again?.cancel();
    this.#subscription?.close();
    this.#subscription = undefined;
  }

  /** Subscribes again, makes the consumer where it is gone, and retries until that succeeds. */
  recover(trouble: string): void {
    if (!this.#isStarted) return; // `start` binds, or rejects
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#recovery.begin(trouble);
  }

  async #rebind(): Promise<void> {
    const before = this.stream;
    const stream = await this.#bus.streamInfo(before);
    this.stream = await this.#findStream();
    const created = stream === undefined || this.stream !== before
      ? await createdOf(this.#bus, this.stream)
      : stream.created;
    const isSame = stream !== undefined && this.stream === before && created === this.#created;
    this.#created = created;
    if (!isSame || stream.lastSequence < Math.max(this.floor, this.settled.greatest)) {
      this.floor = this.delivered = 0; // another stream, or made again: its sequences started anew
      this.settled.clear();
      this.#engine.monitor.watchOf(this).reset();
    }
    await this.#bind(false);
    await this.#lookAtRetention(Math.max(this.floor, this.delivered, this.settled.greatest));
    this.#engine.logger.warn("Durable consumer was gone, and was made again", {
      durable: this.settings.durable,
      from_sequence: this.floor + 1,
    });
  }

  /** A look that fails is no reason not to listen; the next one starts from what it sees. */
  async #lookAtRetention(delivered: number | undefined): Promise<void> {
    const { created } = this.#consumer!;
    const watch = this.#engine.monitor.watchOf(this);
    await watch.begin(created && this.floor === 0 ? undefined : delivered).catch(() => watch.reset());
  }

  #findStream(): Promise<string> {
    return ensureStreamOf(this.#bus, this.settings.contract.subject);
  }

  async #bind(update: boolean): Promise<void> {
    const { contract: { subject }, durable, ackWaitMs } = this.settings;
    this.#consumer = await this.#bus.consumer({
      stream: this.stream,
      name: durable,
      filterSubject: subject,
      deliver: this.floor > 0 ? { startSequence: this.floor + 1 } : "all",
      ackWaitMs,
      maxAckPending: MAX_ACK_PENDING,
    }, { update });
    this.ackWaitMs = ackWaitOf([this.#consumer], this.settings, this.#engine.logger);
  }

  #subscribe(): void {
    this.#subscription?.close();
    this.#recovery.succeeded();
    this.#subscription = this.#consumer!.subscribe({
      heartbeatMs: 1000,
      onDelivery: (delivery) => this.#receive(delivery),
      onEnd: (end) => this.#ended(end),
    });
    this.refill();
  }

  #ended(end: PullEnd): void {
    switch (end.reason) {
      case "expired":
        return this.refill();
      case "interrupted": // a limit or a change of leader; a pause avoids a busy loop
        this.#again ??= this.#engine.after(100, () => {
          this.#again = undefined;
          this.refill();
        });
        return;
      case "consumer_gone":
      case "silent":
        return this.recover(end.detail ?? `The pull request ended: ${end.reason}`);
      case "disconnected":
        return this.recover("The connection is lost");
      case "closed":
        return; // the engine is told by the bus
    }
  }

  #receive(delivery: Delivery): void {
    const { sequence } = delivery;
    const engine = this.#engine;
    const known = this.held.get(sequence);
    if (known !== undefined) {
      known.delivery = delivery;
      known.extendedAt = engine.now();
      this.refill();
      return;
    }
    if (this.settled.has(sequence)) {
      delivery.ack();
      this.counters.outcomes.duplicate++;
      this.counters.ackFailures++;
      this.refill();
      return;
    }
    const held = new HeldMessage(this, delivery, sequence, engine.now());
    this.held.set(sequence, held);
    this.bytes += delivery.data.length;
    const isSuspect = engine.receive(held, delivery.deliveryCount, this.#probing);
    if (!isSuspect) this.#probing = false;
    this.refill();
  }

  /** Removes a message that was settled or returned to the server. */
  release(held: HeldMessage): void {
    this.held.delete(held.sequence);
    this.bytes -= held.delivery.data.length;
  }
}
