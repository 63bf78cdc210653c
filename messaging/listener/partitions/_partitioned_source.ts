import type { BusConsumer, ConsumerInfo, Delivery, PullEnd, SharedPulls } from "../../bus/consumer.ts";
import type { MessageBus } from "../../bus/message_bus.ts";
import { ensureStreamOf } from "../../bus/ensure_stream_of.ts";
import { partitionSubject } from "../../contract/_partition.ts";
import { ackWaitOf } from "../_ack_wait_of.ts";
import type { ListenerCore, RunningSource } from "../_core.ts";
import { createdOf } from "../_created_of.ts";
import { HeldMessage } from "../_held_message.ts";
import { Queue } from "../_queue.ts";
import { RecentlySettled } from "../_recently_settled.ts";
import { Recovery } from "../_recovery.ts";
import { partitionDurable, type SourceSettings } from "../_settings.ts";
import { SourceCounters } from "../_source_counters.ts";
import { forEachAtOnce, type Partition } from "./_partition.ts";
import { PartitionConsumers } from "./_partition_consumers.ts";
import { separatePulls } from "./_separate_pulls.ts";

/** The first attempt waits a little, because partitions are often lost together. */
const RECOVERY_PAUSES_MS = [50, 100, 200, 400, 800];
/** The state of all partitions is read once a second for so many of them, so that it costs so many requests a second. */
const READS_PER_SECOND = 16;
/** How long a message waits that came while an older one of its partition still runs here, in milliseconds. */
const BEHIND_MS = 100;

/**
 * The partitions of one event. Each has a durable consumer with `max_ack_pending` 1, which gives its messages to all
 * processes one at a time: that keeps the order of a key across them. Every process asks all partitions, for one message
 * each.
 *
 * A process asks a partition again only while fewer than `concurrency` messages wait in it for a free slot. Otherwise a
 * slow process would collect a message of every partition, and hold up all the others.
 */
export class PartitionedSource implements RunningSource {
  readonly settings: SourceSettings;
  readonly counters: SourceCounters;
  /** The stream that has its subjects. */
  stream = "";
  readonly held: Map<number, HeldMessage> = new Map();
  readonly settled: RecentlySettled = new RecentlySettled();
  ready = 0;
  running = 0;
  /** Not known as one number: see `floor` of each partition. */
  floor = 0;
  delivered = 0;
  ackWaitMs: number = Infinity;
  /** There is at most one message of each partition. */
  readonly hasRoomToWait = true;
  readonly #engine: ListenerCore;
  readonly #bus: MessageBus;
  readonly #recovery: Recovery;
  readonly #partitions: readonly Partition[];
  readonly #consumers: PartitionConsumers;
  /** Partitions that are neither asked nor held, in the order in which to ask them. */
  readonly #line = new Queue<Partition>();
  readonly #broken = new Set<Partition>();
  /** The partition of each held message, by its sequence. */
  readonly #ofHeld = new Map<number, Partition>();
  #pulls: SharedPulls | undefined;
  #paused = false;
  #isStarted = false;
  #created: string | undefined;
  #readAt = 0;
  #nextRead = 0;

  constructor(engine: ListenerCore, bus: MessageBus, settings: SourceSettings) {
    this.#engine = engine;
    this.#bus = bus;
    this.settings = settings;
    const { service, queueGroup } = engine.settings;
    this.counters = new SourceCounters(service, queueGroup, this);
    const { contract: { subject }, durable, partitions = 0 } = settings;
    this.#partitions = Array.from({ length: partitions }, (_, index) => ({
      index,
      durable: partitionDurable(durable, index),
      filterSubject: partitionSubject(subject, index),
      consumer: undefined,
      floor: 0,
      info: undefined,
      held: undefined,
      isInLine: false,
    }));
    this.#consumers = new PartitionConsumers(this.#partitions);
    this.#recovery = new Recovery(engine, bus, {
      durable,
      pausesMs: RECOVERY_PAUSES_MS,
      repair: async () => {
        await this.#repair();
        return this.#broken.size === 0;
      },
      subscribe: () => {
        this.#recovery.succeeded();
        if (this.#paused || engine.isOver) return;
        if (this.#pulls === undefined) this.#subscribe();
        else this.refill();
      },
    });
  }

  get brokenSince(): number | undefined {
    return this.#recovery.since;
  }

  get trouble(): string | undefined {
    return this.#recovery.trouble;
  }

  /** Its consumers as one; `undefined` before they are bound. */
  get consumer(): PartitionConsumers | undefined {
    return this.#partitions.every(({ consumer }) => consumer !== undefined) ? this.#consumers : undefined;
  }

  get onHold(): number {
    return this.#engine.holds.count(this);
  }

  async start(): Promise<void> {
    this.stream = await this.#findStream();
    this.#created = await createdOf(this.#bus, this.stream);
    await forEachAtOnce(this.#partitions, (partition) => this.#bind(partition, this.#engine.settings.repair));
    const consumers = this.#partitions.map(({ consumer }) => consumer!);
    this.ackWaitMs = ackWaitOf(consumers, this.settings, this.#engine.logger);
    const info = await this.#consumers.info();
    await this.#lookAtRetention(info === undefined ? undefined : Math.max(info.delivered, info.ackFloor));
    this.#isStarted = true;
    if (!this.#paused) this.#subscribe();
  }

  /** Asks the partitions in line, while few messages wait here. */
  refill(): void {
    const pulls = this.#pulls;
    if (pulls === undefined || this.#paused) return;
    while (this.#line.size > 0 && this.#isGateOpen()) {
      const partition = this.#line.shift()!;
      partition.isInLine = false;
      if (partition.held === undefined && !this.#broken.has(partition)) pulls.pull(partition.index);
    }
  }

  /** Whether fewer than `concurrency` messages wait in this process for a free slot. */
  #isGateOpen(): boolean {
    const { settings, sources } = this.#engine;
    let waiting = 0;
    for (const { ready } of sources) waiting += ready;
    return waiting < settings.concurrency;
  }

  #queue(partition: Partition): void {
    if (partition.isInLine) return;
    partition.isInLine = true;
    this.#line.push(partition);
  }

  /** Stops asking for messages, and resolves when those on their way have arrived. */
  async pause(): Promise<void> {
    this.#paused = true;
    const pulls = this.#pulls;
    // Not undefined before that: what still arrives is taken.
    await pulls?.drain();
    if (this.#pulls === pulls) this.#pulls = undefined;
  }

  /** Asks for messages again. Before the first bind, `start` does. */
  resume(): void {
    this.#paused = false;
    if (this.#isStarted && !this.#recovery.isUnderWay) this.#subscribe();
  }

  /** Closes its subscription for good. */
  close(): void {
    this.#paused = true;
    this.#pulls?.close();
    this.#pulls = undefined;
  }

  async read(isBrief: boolean): Promise<ConsumerInfo | undefined> {
    const now = this.#engine.now();
    const everyMs = 1000 * Math.max(1, this.#partitions.length / READS_PER_SECOND);
    // A little less than that: the timer that reads it is not exact.
    if (!isBrief && now - this.#readAt >= everyMs - 100) {
      this.#readAt = now;
      const info = await this.#consumers.info();
      for (const partition of this.#partitions) if (partition.info === undefined) this.#lose(partition);
      return info;
    }
    const partition = this.#partitions[this.#nextRead++ % this.#partitions.length]!;
    if (await partition.consumer?.info() === undefined) this.#lose(partition);
    return undefined;
  }

  /** Subscribes again to all partitions, makes the consumers that are gone, and retries until that succeeds. */
  recover(trouble: string): void {
    if (!this.#isStarted) return; // `start` binds, or rejects
    this.#pulls?.close();
    this.#pulls = undefined;
    this.#repairLater(this.#partitions, trouble);
  }

  /** Binds one partition again, whose consumer is gone or silent. */
  #lose(partition: Partition, why = "the durable consumer is gone"): void {
    if (!this.#isStarted || this.#engine.isOver) return;
    this.#repairLater([partition], `Partition ${partition.index}: ${why}`);
  }

  #repairLater(partitions: readonly Partition[], trouble: string): void {
    for (const partition of partitions) this.#broken.add(partition);
    this.#recovery.begin(trouble);
  }

  /** Makes the consumers that are gone, each from where it was. */
  async #repair(): Promise<void> {
    const broken = [...this.#broken];
    const gone: Partition[] = [];
    await forEachAtOnce(broken, async (partition) => {
      if (await partition.consumer?.info() === undefined) gone.push(partition);
    });
    if (gone.length > 0) await this.#rebind(gone);
    for (const partition of broken) {
      this.#broken.delete(partition);
      if (partition.held === undefined) this.#queue(partition);
    }
  }

  async #rebind(gone: readonly Partition[]): Promise<void> {
    const before = this.stream;
    const stream = await this.#bus.streamInfo(before);
    this.stream = await this.#findStream();
    const floor = Math.max(this.settled.greatest, ...this.#partitions.map((partition) => partition.floor));
    const created = stream === undefined || this.stream !== before
      ? await createdOf(this.#bus, this.stream)
      : stream.created;
    const isSame = stream !== undefined && this.stream === before && created === this.#created;
    this.#created = created;
    if (!isSame || stream.lastSequence < floor) {
      // Another stream, or made again: its sequences started anew.
      for (const partition of this.#partitions) partition.floor = 0;
      this.settled.clear();
      this.#engine.monitor.watchOf(this).reset();
    }
    await forEachAtOnce(gone, (partition) => this.#bind(partition, false));
    for (const { index, consumer } of gone) this.#pulls?.replace(index, consumer!);
    this.#engine.logger.warn("Durable consumers of partitions were gone, and were made again", {
      durable: this.settings.durable,
      partitions: gone.map(({ index }) => index),
    });
  }

  /** A look that fails is no reason not to listen; the next one starts from what it sees. */
  async #lookAtRetention(delivered: number | undefined): Promise<void> {
    const watch = this.#engine.monitor.watchOf(this);
    await watch.begin(this.#consumers.created ? undefined : delivered).catch(() => watch.reset());
  }

  #findStream(): Promise<string> {
    return ensureStreamOf(this.#bus, this.#partitions[0]!.filterSubject);
  }

  async #bind(partition: Partition, update: boolean): Promise<void> {
    const { durable, filterSubject, floor } = partition;
    partition.consumer = await this.#bus.consumer({
      stream: this.stream,
      name: durable,
      filterSubject,
      deliver: floor > 0 ? { startSequence: floor + 1 } : "all",
      ackWaitMs: this.settings.ackWaitMs,
      maxAckPending: 1,
    }, { update });
  }

  #subscribe(): void {
    this.#pulls?.close();
    this.#recovery.succeeded();
    const consumers = this.#partitions.map(({ consumer }) => consumer!) as readonly BusConsumer[];
    const options = {
      onDelivery: (delivery: Delivery, index: number) => this.#receive(delivery, this.#partitions[index]!),
      onEnd: (end: PullEnd, index: number) => this.#ended(end, this.#partitions[index]!),
    };
    this.#pulls = this.#bus.subscribeAll?.(consumers, options) ?? separatePulls(consumers, options);
    for (const partition of this.#partitions) if (partition.held === undefined) this.#queue(partition);
    this.refill();
  }

  #ended({ reason, detail }: PullEnd, partition: Partition): void {
    switch (reason) {
      case "expired":
        this.#queue(partition);
        return this.refill();
      case "interrupted": // a limit or a change of leader; a pause avoids a busy loop
        this.#engine.after(100, () => {
          this.#queue(partition);
          this.refill();
        });
        return;
      case "consumer_gone":
      case "silent":
        return this.#lose(partition, detail ?? `the pull request ended: ${reason}`);
      case "disconnected":
        return this.recover("The connection is lost");
      case "closed":
        return; // the engine is told by the bus
    }
  }

  #receive(delivery: Delivery, partition: Partition): void {
    const { sequence } = delivery;
    const engine = this.#engine;
    // It was not delivered before the last sweep but one: a process that was suspended cannot know when it was.
    const deliveredAt = engine.ackExtender.ranBefore;
    const known = partition.held;
    if (known?.sequence === sequence) {
      known.delivery = delivery;
      known.extendedAt = deliveredAt;
      known.isLost = false;
      return;
    }
    if (known !== undefined) return delivery.nak(BEHIND_MS); // that one came to another process, and still runs here
    if (this.settled.has(sequence)) {
      delivery.ack();
      this.counters.outcomes.duplicate++;
      this.counters.ackFailures++;
      this.#queue(partition);
      return this.refill();
    }
    const held = new HeldMessage(this, delivery, sequence, deliveredAt);
    this.held.set(sequence, held);
    this.#ofHeld.set(sequence, partition);
    partition.held = held;
    engine.receive(held, delivery.deliveryCount, false);
  }

  /** Removes a message that was settled or returned to the server, and asks its partition again. */
  release(held: HeldMessage): void {
    this.held.delete(held.sequence);
    const partition = this.#ofHeld.get(held.sequence);
    if (partition?.held !== held) return;
    this.#ofHeld.delete(held.sequence);
    partition.held = undefined;
    if (this.settled.has(held.sequence)) partition.floor = Math.max(partition.floor, held.sequence);
    this.#queue(partition);
  }
}
