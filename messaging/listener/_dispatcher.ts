import { settleWithin } from "../bus/_settle_within.ts";
import type { ListenerCore, SourcePort } from "./_core.ts";
import { Queue } from "./_queue.ts";
import type { NotTried } from "./_handle_once.ts";
import type { HeldMessage } from "./_held_message.ts";
import { InboxOutage } from "./_inbox_outage.ts";
import { KeyQueues } from "./_key_queues.ts";
import { PartitionSuspects } from "./partitions/_partition_suspects.ts";

/** How long to wait for the server to confirm the acknowledgements before a suspect runs anyway, in milliseconds. */
const FLUSH_MS = 5000;
/** The state in which suspects run one by one, so that a crash redelivers no other message. */
interface Isolation {
  /** No delivery is on its way. */
  isIdle: boolean;
  /** The server has confirmed every acknowledgement. */
  isFlushed: boolean;
}

/** Decides which message is handled next, and starts at most `concurrency` handlers at a time. */
export class Dispatcher {
  /** Messages that wait for another attempt, or for another try to write their dead letter. */
  waiting = 0;
  readonly inboxOutage: InboxOutage;
  readonly #engine: ListenerCore;
  readonly #ready = new Queue<HeldMessage>();
  /** Messages whose handler could not be called; they go before all others. */
  readonly #postponed = new Queue<HeldMessage>();
  readonly #suspects: HeldMessage[] = [];
  readonly #partitionSuspects: PartitionSuspects;
  #partitioned: readonly SourcePort[] | undefined;
  readonly #keyQueues = new KeyQueues();
  #isPumping = false;
  /** Set while suspects run one by one. */
  #isolation: Isolation | undefined;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
    this.inboxOutage = new InboxOutage(engine);
    this.#partitionSuspects = new PartitionSuspects(engine);
  }

  /** Takes a delivered message. */
  take(held: HeldMessage): void {
    if (this.#engine.settings.keyOf === undefined) return this.enqueue(held);
    const key = this.keyOf(held);
    if (held.deadLetterCause !== undefined) return;
    if (key === undefined || this.#keyQueues.enter(key, held)) this.enqueue(held);
    else held.state = "queued";
  }

  /** The key of a message; `undefined` where it has none, or became a dead letter because its key cannot be known. */
  keyOf(held: HeldMessage): unknown {
    if (!this.#engine.runner.decode(held)) return undefined;
    try {
      return this.#engine.settings.keyOf?.(held.event!) ?? undefined;
    } catch (error) {
      // Without its key its order is unknown, so it must not be handled.
      this.#engine.redeliveryPolicy.deadLetter(held, error, "dlq");
      return undefined;
    }
  }

  /** Puts a message in line for a free slot. */
  enqueue(held: HeldMessage): void {
    held.state = "ready";
    if (held.suspect && held.source.settings.partitions !== undefined) {
      this.#partitionSuspects.add(held);
    } else if (held.suspect) {
      // Every other delivery goes to the front: a message that was behind the killer runs before it the next time.
      if (held.delivery.deliveryCount % 2 === 0) this.#suspects.push(held);
      else this.#suspects.unshift(held);
      this.#isolateSuspects();
    } else {
      held.source.ready++;
      this.#ready.push(held);
    }
    this.pump();
  }

  /** Holds a message, with its ack wait extended, until its next attempt; returns it to the server where too many wait. */
  wait(held: HeldMessage, delayMs: number): void {
    const engine = this.#engine;
    if (engine.isStopping || held.keyQueue === undefined && !held.source.hasRoomToWait) {
      return engine.giveBack(held, delayMs);
    }
    held.state = "waiting";
    held.dueAt = engine.now() + delayMs;
    this.waiting++;
    held.timer = engine.after(delayMs, () => {
      held.timer = undefined;
      this.waiting--;
      if (held.deadLetterCause === undefined) this.enqueue(held);
      else engine.deadLetterWriter.write(held);
    });
  }

  /**
   * Puts back a message whose handler could not be called. It stays in this process: returned to the server, its delivery
   * count would grow until it looked like a message that kills processes.
   */
  postpone(held: HeldMessage, notTried: NotTried): void {
    held.state = "ready";
    if (held.suspect && held.source.settings.partitions !== undefined) {
      this.#partitionSuspects.add(held);
    } else if (held.suspect) {
      this.#suspects.unshift(held);
    } else {
      held.source.ready++;
      this.#postponed.push(held);
    }
    this.inboxOutage.begin(notTried);
    this.#engine.notifyIdle();
  }

  /** Starts handlers while fewer than `concurrency` run and messages are ready. */
  pump(): void {
    const { runner, sources, isPaused, isStopping } = this.#engine;
    if (this.#isPumping || isStopping || isPaused) return;
    this.#isPumping = true;
    while (runner.running < this.inboxOutage.limit) {
      const held = this.#postponed.shift() ?? this.#ready.shift();
      if (held === undefined) break;
      if (held.state !== "ready") continue;
      if (this.#isLost(held)) continue;
      held.source.ready--;
      runner.run(held);
      held.source.refill();
    }
    this.#partitioned ??= sources.filter(({ settings }) => settings.partitions !== undefined);
    // Partitions that have waited until fewer messages wait here.
    for (const source of this.#partitioned) source.refill();
    this.#partitionSuspects.pump();
    this.#isPumping = false;
    if (this.#isolation !== undefined) this.#runAlone();
  }

  /** Goes on after a pause; where suspects are isolated, the last of them lets the sources go on. */
  resume(): void {
    if (this.#isolation === undefined) { for (const source of this.#engine.sources) source.resume(); }
    this.pump();
  }

  /** Removes a message that was settled or returned, and enqueues the next one of its key. */
  leave(held: HeldMessage): void {
    if (held.state === "ready" && !held.suspect) held.source.ready--;
    held.state = "gone";
    const next = this.#keyQueues.leave(held);
    if (next !== undefined && !this.#engine.isStopping) this.enqueue(next);
  }

  /**
   * Isolates the suspects: stops asking for messages, finishes the ones that are here, and then runs the suspects one by one.
   * Before each, the server confirms the acknowledgements of those before it, so that a crash does not redeliver them.
   */
  #isolateSuspects(): void {
    if (this.#isolation !== undefined) return;
    const isolation: Isolation = { isIdle: false, isFlushed: false };
    this.#isolation = isolation;
    Promise.all(this.#engine.sources.map((source) => source.pause())).catch(() => {}).then(() => {
      isolation.isIdle = true;
      this.pump();
    });
  }

  /** Drops a message of a partition that came to another process meanwhile. */
  #isLost(held: HeldMessage): boolean {
    const { answers } = this.#engine;
    if (held.source.settings.partitions === undefined || !answers.isLost(held)) return false;
    this.#engine.giveBack(held, 0); // which is not answered
    return true;
  }

  #runAlone(): void {
    const { bus, runner, sources } = this.#engine;
    const isolation = this.#isolation!;
    if (!isolation.isIdle || this.inboxOutage.limit === 0) return;
    if (runner.running + this.#postponed.size + this.#ready.size + this.#partitionSuspects.size > 0) {
      return;
    }
    if (this.#suspects.length === 0) {
      this.#isolation = undefined;
      for (const source of sources) source.resume();
    } else if (isolation.isFlushed) {
      isolation.isFlushed = false;
      runner.run(this.#suspects.shift()!);
    } else {
      isolation.isIdle = false;
      settleWithin(FLUSH_MS, () => bus.flush()).then(() => {
        isolation.isIdle = isolation.isFlushed = true;
        this.pump();
      });
    }
  }
}
