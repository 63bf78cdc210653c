import type { Timer } from "../bus/clock.ts";
import type { ConsumerInfo } from "../bus/consumer.ts";
import type { StreamInfo } from "../bus/stream.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import type { ListenerCore, SourcePort } from "./_core.ts";

/** How long a listener stays degraded after it has noticed a loss, in milliseconds. */
const ALARM_MS = 3_600_000;
/** Least time between two log lines about losses, in milliseconds; what happens between them is added up. */
const REPORT_EVERY_MS = 10_000;

/** State of a consumer and of its stream at one look. */
interface Look {
  readonly pending: number;
  readonly delivered: number;
  readonly deliveries: number | undefined;
  readonly redeliveries: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** How many messages were stored while this was read: some may be neither among `pending` nor after `lastSequence`. */
  readonly storedMeanwhile: number;
}

/** Messages that the stream dropped before they were handled. */
interface Loss {
  /** How many it were at least. */
  readonly count: number;
  /** How many more it may have been: sequences of which it is unknown whether they were of this event. */
  readonly unknown: number;
  /** The dropped sequences among which they were. */
  readonly first: number;
  readonly last: number;
}

/**
 * Watches what the retention of the stream drops of one event before it is handled.
 *
 * A stream does not tell what it drops. Between two looks the messages of an event are conserved: those that were pending,
 * and those that were stored, are now delivered, pending or dropped. What was stored is counted by the server, as far as it
 * is still there; of what was stored and dropped between two looks, only the sequences are known.
 */
export class RetentionWatch {
  /** Messages that may have been dropped beside those that are counted. */
  unknown = 0;
  /** First sequence of the stream, as last seen. */
  firstSequence = 0;
  readonly #engine: ListenerCore;
  readonly #source: SourcePort;
  #before: Look | undefined;
  #canCount = true;
  #noticedAt: number | undefined;
  #unreported: Loss | undefined;
  #reportTimer: Timer | undefined;

  constructor(engine: ListenerCore, source: SourcePort) {
    this.#engine = engine;
    this.#source = source;
  }

  /** Whether the last loss was noticed within the last hour. */
  get isAlarmed(): boolean {
    return this.#noticedAt !== undefined && this.#engine.now() - this.#noticedAt < ALARM_MS;
  }

  /**
   * Looks before the first request for messages: at what was dropped while nobody listened, after the last sequence that the
   * durable consumer has `delivered`; `undefined` for a new consumer, which has missed nothing.
   */
  async begin(delivered: number | undefined): Promise<void> {
    this.#before = undefined;
    const info = await this.#source.consumer!.info();
    const stream = await this.#engine.bus.streamInfo(this.#source.stream);
    if (info === undefined || stream === undefined) return;
    this.#remember(info, stream, stream.lastSequence);
    if (delivered === undefined) return;
    const { firstSequence, lastSequence, messages } = stream;
    const before = Math.max(delivered, info.delivered);
    const [first, last] = [before + 1, firstSequence - 1];
    if (last < first) return;
    const isSole = messages > 0 && await this.#count(firstSequence) === messages;
    const dropped = last - first + 1;
    const loss = { count: isSole ? dropped : 0, unknown: isSole ? 0 : dropped, first, last };
    const fields = { ...this.#fields(loss), stored_sequences: `${firstSequence}-${lastSequence}` };
    const { logger } = this.#engine;
    if (!isSole && await this.#isRare(info, stream)) {
      return logger.info(
        "Messages of others, and perhaps of this event, were dropped before the start",
        fields,
      );
    }
    this.#notice(loss.count, loss.unknown);
    if (dropped > (lastSequence - before) / 2) {
      logger.critical("Most messages since the last delivery were dropped before the start", fields);
    } else {
      logger.warn("Messages were dropped before the start", fields);
    }
  }

  /**
   * Whether the event is so rare that its last delivery may be older than the stream, although somebody listened since: the
   * stream has none of it, or, since replicas do not share how far a consumer has looked in vain, none in its older half.
   */
  async #isRare(
    { pending }: ConsumerInfo,
    { config, messages, firstSequence, lastSequence }: StreamInfo,
  ): Promise<boolean> {
    if (messages === 0 || pending === 0) return messages > 0;
    if ((config.replicas ?? 1) === 1) return false;
    const oldest = await this.#source.consumer!.oldest();
    return oldest !== undefined && oldest.sequence > (firstSequence + lastSequence) / 2;
  }

  /** Compares with the last look. `info` was read before `stream`, and after the stream ended with `lastSequence`. */
  async look(info: ConsumerInfo, stream: StreamInfo, lastSequence: number | undefined): Promise<void> {
    const before = this.#before;
    const after = this.#remember(info, stream, lastSequence ?? before?.lastSequence);
    if (before === undefined) return;
    const { deliveries: made } = before;
    if (stream.lastSequence < before.lastSequence || made === undefined || (info.deliveries ?? -1) < made) {
      return;
    }
    const last = after.firstSequence - 1;
    const first = Math.max(before.delivered + 1, before.firstSequence);
    const unseen = Math.max(0, last - before.lastSequence);
    if (last < first || before.pending + unseen === 0) return;
    const loss = await this.#compare(before, after, stream, unseen);
    if (loss.count + loss.unknown > 0) this.#lose({ ...loss, first, last });
  }

  /** Applies the law of conservation to two looks. */
  async #compare(
    before: Look,
    after: Look,
    stream: StreamInfo,
    unseen: number,
  ): Promise<Pick<Loss, "count" | "unknown">> {
    const stored = await this.#count(before.lastSequence + 1);
    if (stored === undefined) {
      // At most so many of those that were pending can still be there.
      const left = Math.max(0, before.lastSequence - Math.max(after.delivered, after.firstSequence - 1));
      const delivered = after.deliveries! - before.deliveries!;
      const count = before.pending - delivered - Math.min(after.pending, left);
      return { count: Math.max(0, count), unknown: unseen };
    }
    // Read again: the count of what was stored must not be newer than the state that it is compared with.
    const now = await this.#source.consumer!.info();
    const again = await this.#engine.bus.streamInfo(this.#source.stream);
    if (now === undefined || again === undefined) return { count: 0, unknown: 0 };
    this.#remember(now, again, stream.lastSequence);
    const delivered = (now.deliveries ?? Infinity) - before.deliveries!;
    const isSole = stored === stream.messages; // every message that is left is of this event
    const counted = isSole ? unseen : 0;
    const count = Math.max(0, before.pending + stored + counted - delivered - now.pending);
    if (count === 0 && unseen === counted) return { count, unknown: 0 };
    // Deliveries that were not the first, and what the stream stored and dropped while it was asked.
    const redelivered = Math.max(this.#source.counters.redeliveries - before.redeliveries, now.redelivered);
    const meanwhile = before.storedMeanwhile + again.lastSequence - stream.lastSequence;
    const dropped = again.firstSequence - stream.firstSequence;
    return { count, unknown: unseen - counted + Math.min(delivered, redelivered) + meanwhile + dropped };
  }

  /** Counts a held message that was dropped by the stream, and is now returned to it: nobody gets it any more. */
  returned(sequence: number): void {
    if (sequence < this.firstSequence) this.#lose({ count: 1, unknown: 0, first: sequence, last: sequence });
  }

  /** Reports what is not reported yet. */
  flush(): void {
    this.#reportTimer?.cancel();
    this.#reportTimer = undefined;
    this.#report();
  }

  /** Forgets the last look: the stream or the consumer is another one. */
  reset(): void {
    this.#before = undefined;
    this.firstSequence = 0;
  }

  #remember(info: ConsumerInfo, stream: StreamInfo, lastSequenceBefore = stream.lastSequence): Look {
    this.firstSequence = stream.firstSequence;
    return this.#before = {
      pending: info.pending,
      delivered: Math.max(info.delivered, info.ackFloor),
      deliveries: info.deliveries,
      redeliveries: this.#source.counters.redeliveries,
      firstSequence: stream.firstSequence,
      lastSequence: stream.lastSequence,
      storedMeanwhile: stream.lastSequence - lastSequenceBefore,
    };
  }

  /** How many messages of this event the stream has from a sequence on; `undefined` where the bus cannot tell. */
  async #count(from: number): Promise<number | undefined> {
    const { bus } = this.#engine;
    if (!this.#canCount || bus.countMessages === undefined) return undefined;
    try {
      const { filterSubject: subject } = this.#source.settings;
      return await bus.countMessages(this.#source.stream, { from, subject });
    } catch (error) {
      if (!(error instanceof MessageBusError) || error.retryable !== false) throw error;
      this.#canCount = false; // such as without the permission
      return undefined;
    }
  }

  #notice(count: number, unknown: number): void {
    this.#source.counters.expired += count;
    this.unknown += unknown;
    this.#noticedAt = this.#engine.now();
  }

  #lose(loss: Loss): void {
    this.#notice(loss.count, loss.unknown);
    const known = this.#unreported;
    this.#unreported = known === undefined ? loss : {
      count: known.count + loss.count,
      unknown: known.unknown + loss.unknown,
      first: Math.min(known.first, loss.first),
      last: Math.max(known.last, loss.last),
    };
    if (this.#reportTimer !== undefined) return;
    this.#report();
    this.#reportTimer = this.#engine.after(REPORT_EVERY_MS, () => this.flush());
  }

  #report(): void {
    const loss = this.#unreported;
    if (loss === undefined) return;
    this.#unreported = undefined;
    this.#engine.logger.warn("Messages expired before they were handled", this.#fields(loss));
  }

  #fields({ count, unknown, first, last }: Loss): Record<string, unknown> {
    return {
      durable: this.#source.settings.durable,
      ...unknown === 0
        ? { messages: count }
        : { messages_at_least: count, messages_at_most: count + unknown },
      sequences: first === last ? `${first}` : `${first}-${last}`,
    };
  }
}
