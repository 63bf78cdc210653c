import { withDeadline } from "../../internal/clock.ts";
import type { Timer } from "../bus/clock.ts";
import type { ConsumerHealth, ListenerHealth } from "./listener.ts";
import { Streams } from "../bus/streams.ts";
import type { ListenerCore, SourcePort } from "./_core.ts";

const TICK_MS = 1000;
/** How long the broker may take to answer `health()`. */
const HEALTH_MS = 1000;
/** Within the life of a message, how often its stream's retention is looked at; and at least so often. */
const LOOKS_PER_LIFE = 50;
const LOOK_MS = 10_000;
/** How long a listener stays degraded after messages were lost to retention. */
const EXPIRY_ALARM_MS = 600_000;

interface View {
  /** Sequence of the first message that no process has got, when last looked. */
  next: number | undefined;
  /** The oldest message not settled, when last looked. */
  oldest: { readonly sequence: number; readonly storedAt: number } | undefined;
  pending: number;
  received: number;
  expiredAt: number | undefined;
}

/**
 * Watches what a listener cannot see from its messages: how far behind it is, whether the stream drops messages before they
 * are handled, and whether a consumer has silently stopped.
 */
export class Monitor {
  readonly #engine: ListenerCore;
  readonly #views = new Map<SourcePort, View>();
  #timer: Timer | undefined;
  #lookedAt = 0;
  #maxAgeMs: number | undefined;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
    for (const source of engine.sources) {
      this.#views.set(source, {
        next: undefined,
        oldest: undefined,
        pending: 0,
        received: 0,
        expiredAt: undefined,
      });
    }
  }

  start(): void {
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#engine.isStopping) return;
    this.#timer = this.#engine.after(TICK_MS, () => this.#tick().finally(() => this.#schedule()));
  }

  async #tick(): Promise<void> {
    const { bus, sources } = this.#engine;
    if (!bus.connected) return;
    try {
      await Promise.all(sources.map((source) => this.#see(source)));
      const lookMs = Math.min(LOOK_MS, (this.#maxAgeMs ?? Infinity) / LOOKS_PER_LIFE);
      if (this.#engine.now() - this.#lookedAt >= lookMs) await this.#look();
    } catch {
      // health() asks for itself, and says what is wrong
    }
  }

  /** Asks for the state of a consumer. */
  async #see(source: SourcePort): Promise<void> {
    if (source.brokenSince !== undefined) return;
    const info = await source.consumer!.info();
    if (this.#engine.isStopping || source.brokenSince !== undefined) return;
    if (info === undefined) return source.recover("The durable consumer is gone");
    source.floor = Math.max(source.floor, info.ackFloor);
    source.delivered = info.delivered;
    source.counters.lag = info.pending;
    source.refill(); // whatever went wrong, a listener that has room asks
  }

  /** Looks at the retention of the streams. */
  async #look(): Promise<void> {
    const { bus, sources, recorder } = this.#engine;
    const [stream, dlq] = await Promise.all([bus.streamInfo(Streams.EVENTS), bus.streamInfo(Streams.DLQ)]);
    recorder.dlqDepth = dlq?.messages;
    this.#lookedAt = this.#engine.now();
    if (stream === undefined) return;
    this.#maxAgeMs = stream.config.maxAgeMs;
    await Promise.all(sources.map((source) => this.#watchRetention(source, stream.firstSequence)));
  }

  async #watchRetention(source: SourcePort, firstSequence: number): Promise<void> {
    const view = this.#views.get(source)!;
    const { counters } = source;
    const { next } = view;
    const wasHere = next !== undefined && (source.held.has(next) || source.settled.has(next));
    if (next !== undefined && !wasHere && next < firstSequence && next > source.floor) {
      // How many of the dropped ones were ours is not known; fewer are pending than were, and were not received.
      const missing = view.pending - counters.lag - (source.received - view.received);
      counters.expired += Math.max(1, missing);
      view.expiredAt = this.#engine.now();
      this.#engine.logger.error("Messages expired before they were handled", {
        durable: source.settings.durable,
        sequence: next,
        first_sequence: firstSequence,
      });
    }
    const [oldest, undelivered] = await Promise.all([
      source.consumer?.oldest(),
      counters.lag === 0 ? undefined : this.#engine.bus.readMessage(Streams.EVENTS, {
        from: Math.max(source.delivered + 1, firstSequence),
        subject: source.settings.contract.subject,
      }),
    ]);
    view.oldest = oldest && { sequence: oldest.sequence, storedAt: Number(oldest.timeNanos / 1_000_000n) };
    view.next = undelivered?.sequence;
    view.pending = counters.lag;
    view.received = source.received;
  }

  /** How the listener is, within a second. */
  async health(): Promise<ListenerHealth> {
    const { sources, bus } = this.#engine;
    const unhealthy: string[] = [];
    const degraded: string[] = [];
    if (this.#engine.isOver) unhealthy.push("The listener is over");
    else if (this.#engine.isStopping) unhealthy.push("The listener is stopping");
    else if (!bus.connected) unhealthy.push("The connection to the message bus is lost");
    else await this.#ask(unhealthy);
    const now = this.#engine.now();
    const consumers = sources.map((source): ConsumerHealth => {
      const view = this.#views.get(source)!;
      const { subject } = source.settings.contract;
      const { expired, lag } = source.counters;
      if (source.trouble !== undefined) unhealthy.push(`No messages of "${subject}": ${source.trouble}`);
      const isExpiring = view.expiredAt !== undefined && now - view.expiredAt < EXPIRY_ALARM_MS;
      if (isExpiring) degraded.push(`Messages of "${subject}" expired before they were handled`);
      const age = this.#ageOf(source, view, now);
      if (age !== undefined && this.#maxAgeMs !== undefined && age > this.#maxAgeMs / 2) {
        degraded.push(`The oldest message of "${subject}" has lived more than half of its time`);
      }
      return {
        subject,
        durable: source.settings.durable,
        lag,
        held: source.held.size,
        ...(age !== undefined && { oldest_age_seconds: Math.round(age / 1000) }),
        expired,
      };
    });
    const { deadLetterWriter: { trouble }, dispatcher: { inboxOutage: { reason } } } = this.#engine;
    if (reason !== undefined) unhealthy.push(`The inbox cannot be used: ${reason}`);
    if (trouble !== undefined) degraded.push(`Dead letters cannot be written: ${trouble}`);
    return {
      status: unhealthy.length > 0 ? "unhealthy" : degraded.length > 0 ? "degraded" : "healthy",
      reasons: [...unhealthy, ...degraded],
      in_flight: this.#engine.runner.running,
      consumers,
    };
  }

  /** Whether the broker answers; a server that hangs keeps its connections open and says nothing. */
  async #ask(unhealthy: string[]): Promise<void> {
    const { sources } = this.#engine;
    try {
      await withDeadline(
        Promise.all(sources.map((source) => this.#see(source))),
        HEALTH_MS,
        "The message bus does not answer",
      );
    } catch (error) {
      unhealthy.push(error instanceof Error ? error.message : "The message bus does not answer");
    }
  }

  #ageOf(source: SourcePort, { oldest }: View, now: number): number | undefined {
    if (oldest === undefined || source.settled.has(oldest.sequence) || source.floor >= oldest.sequence) {
      return undefined;
    }
    return Math.max(0, now - oldest.storedAt);
  }
}
