import { withDeadline } from "../../internal/clock.ts";
import type { Timer } from "../bus/clock.ts";
import type { ConsumerInfo } from "../bus/consumer.ts";
import type { ConsumerHealth, ListenerHealth } from "./listener.ts";
import type { StreamInfo } from "../bus/stream.ts";
import { Streams } from "../bus/streams.ts";
import { RetentionWatch } from "./_retention_watch.ts";
import type { ListenerCore, SourcePort } from "./_core.ts";

const TICK_MS = 1000;
/** How long the broker may take to answer `health()`, in milliseconds. */
const HEALTH_MS = 1000;
/** How often the streams are looked at within the life of a message, and at least. Where messages wait, each tick looks. */
const LOOKS_PER_LIFE = 50;
const LOOK_MS = 10_000;

/** The oldest message that was not settled when last looked. */
interface Oldest {
  readonly sequence: number;
  readonly storedAt: number;
}

/**
 * Watches what a listener cannot see from its messages: how far behind it is, whether the stream drops messages before they
 * are handled, and whether a consumer has silently stopped.
 */
export class Monitor {
  readonly #engine: ListenerCore;
  readonly #watches = new Map<SourcePort, RetentionWatch>();
  readonly #oldest = new Map<SourcePort, Oldest | undefined>();
  #timer: Timer | undefined;
  #lookedAt = 0;
  /** The streams of the sources, as last seen. */
  #streams: ReadonlyMap<string, StreamInfo> = new Map();

  constructor(engine: ListenerCore) {
    this.#engine = engine;
    for (const source of engine.sources) this.#watches.set(source, new RetentionWatch(engine, source));
  }

  /** What watches the retention of the messages of a source. */
  watchOf(source: SourcePort): RetentionWatch {
    return this.#watches.get(source)!;
  }

  start(): void {
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Reports losses that are not reported yet. */
  flush(): void {
    for (const watch of this.#watches.values()) watch.flush();
  }

  #schedule(): void {
    if (this.#engine.isStopping) return;
    this.#timer = this.#engine.after(TICK_MS, () => this.#tick().finally(() => this.#schedule()));
  }

  async #tick(): Promise<void> {
    const { bus, sources } = this.#engine;
    if (!bus.connected) return;
    try {
      // Where messages wait, they may be dropped: then it has to be known what is stored while the consumers are read.
      const before = sources.some(({ counters }) => counters.lag > 0) ? await this.#readStreams() : undefined;
      const infos = await Promise.all(sources.map((source) => this.#see(source)));
      const lives = [...this.#streams.values()].map(({ config }) => config.maxAgeMs ?? Infinity);
      const lookMs = Math.min(LOOK_MS, ...lives.map((ms) => ms / LOOKS_PER_LIFE));
      const isDue = this.#engine.now() - this.#lookedAt >= lookMs;
      if (isDue || infos.some((info) => info !== undefined && info.pending > 0)) {
        await this.#watchRetention(infos, before);
      }
      if (isDue) await this.#look();
    } catch {
      // health() asks for itself, and says what is wrong
    }
  }

  /** Reads the state of a consumer. */
  async #see(source: SourcePort, isBrief = false): Promise<ConsumerInfo | undefined> {
    if (source.brokenSince !== undefined) return undefined;
    const info = await source.read(isBrief);
    if (this.#engine.isStopping || source.brokenSince !== undefined || source.consumer === undefined) {
      return undefined;
    }
    if (info === undefined) return undefined;
    if (info === "gone") {
      source.recover("The durable consumer is gone");
      return undefined;
    }
    source.floor = Math.max(source.floor, info.ackFloor);
    source.delivered = info.delivered;
    source.ackWaitMs = info.ackWaitMs ?? source.ackWaitMs;
    source.counters.lag = info.pending;
    source.refill(); // whatever went wrong, a listener that has room asks
    return info;
  }

  /** Compares what the stream has with what the consumers, read before, had still to deliver. */
  async #watchRetention(
    infos: readonly (ConsumerInfo | undefined)[],
    before: ReadonlyMap<string, StreamInfo> | undefined,
  ): Promise<void> {
    const { sources } = this.#engine;
    this.#streams = await this.#readStreams();
    await Promise.all(infos.map((info, i) => {
      const source = sources[i]!;
      const stream = this.#streams.get(source.stream);
      if (info === undefined || stream === undefined) return;
      return this.watchOf(source).look(info, stream, before?.get(source.stream)?.lastSequence);
    }));
  }

  /** Reads each stream that a source listens to, once. */
  async #readStreams(): Promise<ReadonlyMap<string, StreamInfo>> {
    const { bus, sources } = this.#engine;
    const names = new Set(sources.map(({ stream }) => stream).filter((name) => name !== ""));
    const infos = await Promise.all([...names].map((name) => bus.streamInfo(name)));
    return new Map(infos.filter((info) => info !== undefined).map((info) => [info.config.name, info]));
  }

  /** Reads what changes slowly: the depth of the dead letters, and the age of the oldest message. */
  async #look(): Promise<void> {
    const { bus, sources, recorder } = this.#engine;
    recorder.dlqDepth = (await bus.streamInfo(Streams.DLQ))?.messages;
    await Promise.all(sources.map(async (source) => {
      const oldest = await source.consumer?.oldest();
      this.#oldest.set(
        source,
        oldest && { sequence: oldest.sequence, storedAt: Number(oldest.timeNanos / 1_000_000n) },
      );
    }));
    this.#lookedAt = this.#engine.now();
  }

  /** Reads the health of the listener, within a second. */
  async health(): Promise<ListenerHealth> {
    const { sources, bus } = this.#engine;
    const unhealthy: string[] = [];
    const degraded: string[] = [];
    if (this.#engine.isOver) unhealthy.push("The listener is over");
    else if (this.#engine.isStopping) unhealthy.push("The listener is stopping");
    else if (!bus.connected) unhealthy.push("The connection to the message bus is lost");
    else if (sources.some(({ consumer }) => consumer === undefined)) {
      unhealthy.push("The listener is starting");
    } else await this.#ask(unhealthy);
    const consumers = sources.map((source) => this.#healthOf(source, unhealthy, degraded));
    const { isPaused } = this.#engine;
    if (isPaused) degraded.push("The listener is paused");
    const { deadLetterWriter: { trouble }, dispatcher: { inboxOutage: { reason } } } = this.#engine;
    if (reason !== undefined) unhealthy.push(`The inbox cannot be used: ${reason}`);
    if (trouble !== undefined) degraded.push(`Dead letters cannot be written: ${trouble}`);
    return {
      status: unhealthy.length > 0 ? "unhealthy" : degraded.length > 0 ? "degraded" : "healthy",
      reasons: [...unhealthy, ...degraded],
      in_flight: this.#engine.runner.running,
      ...(isPaused && { paused: true }),
      consumers,
    };
  }

  #healthOf(source: SourcePort, unhealthy: string[], degraded: string[]): ConsumerHealth {
    const { contract: { subject }, durable } = source.settings;
    const { expired, lag } = source.counters;
    const { isAlarmed, unknown } = this.watchOf(source);
    const count = unknown === 0 ? `${expired}` : `at least ${expired}, at most ${expired + unknown}`;
    if (source.trouble !== undefined) unhealthy.push(`No messages of "${subject}": ${source.trouble}`);
    if (isAlarmed) degraded.push(`Messages of "${subject}" expired before they were handled: ${count}`);
    const { onHold } = source;
    if (onHold > 0) {
      const what = onHold === 1 ? "A partition" : `${onHold} partitions`;
      const do_ = onHold === 1 ? "waits until its dead letter is" : "wait until their dead letters are";
      degraded.push(`${what} of "${subject}" ${do_} redriven or purged`);
    }
    const age = this.#ageOf(source);
    const { maxAgeMs = Infinity } = this.#streams.get(source.stream)?.config ?? {};
    if (age !== undefined && age > maxAgeMs / 2) {
      degraded.push(`The oldest message of "${subject}" has lived more than half of its time`);
    }
    return {
      subject,
      durable,
      lag,
      held: source.held.size,
      ...(onHold > 0 && { on_hold: onHold }),
      ...(age !== undefined && { oldest_age_seconds: Math.round(age / 1000) }),
      expired,
      ...(unknown > 0 && { expired_at_most: expired + unknown }),
    };
  }

  /** Asks the broker; a server that hangs keeps its connections open and does not answer. */
  async #ask(unhealthy: string[]): Promise<void> {
    const { sources } = this.#engine;
    try {
      await withDeadline(
        Promise.all(sources.map((source) => this.#see(source, true))),
        HEALTH_MS,
        "The message bus does not answer",
      );
    } catch (error) {
      unhealthy.push(error instanceof Error ? error.message : "The message bus does not answer");
    }
  }

  /** Age of the oldest message that is not settled, in milliseconds. */
  #ageOf(source: SourcePort): number | undefined {
    const oldest = this.#oldest.get(source);
    if (oldest === undefined || source.settled.has(oldest.sequence) || source.floor >= oldest.sequence) {
      return undefined;
    }
    return Math.max(0, this.#engine.now() - oldest.storedAt);
  }
}
