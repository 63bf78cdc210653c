import { settleWithin } from "../bus/_settle_within.ts";
import type { ListenerCore } from "./_core.ts";
import { Queue } from "./_queue.ts";
import type { NotTried } from "./_handle_once.ts";
import type { HeldMessage } from "./_held_message.ts";
import { InboxOutage } from "./_inbox_outage.ts";
import { KeyQueues } from "./_key_queues.ts";
import type { Settings } from "./_settings.ts";

/** How long the server may take to say that it has the acknowledgements, before a suspect runs without its word. */
const FLUSH_MS = 5000;

/** What suspects run in: they hurt nobody but themselves. */
interface Isolation {
  /** Nothing is on its way. */
  isIdle: boolean;
  /** The server has every acknowledgement. */
  isFlushed: boolean;
}

/** Decides which message is next: has handlers called, as many at a time as there are places. */
export class Dispatcher {
  /** Messages that wait for another attempt, or for the dead letters to have room. */
  waiting = 0;
  readonly inboxOutage: InboxOutage;
  readonly #engine: ListenerCore;
  readonly #ready = new Queue<HeldMessage>();
  /** Messages whose handler could not be called, to go before all others. */
  readonly #postponed = new Queue<HeldMessage>();
  readonly #suspects: HeldMessage[] = [];
  readonly #keyQueues = new KeyQueues();
  #isPumping = false;
  /** Set while messages that may kill the process run alone. */
  #isolation: Isolation | undefined;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
    this.inboxOutage = new InboxOutage(engine);
  }

  /** Takes a message that has come in. */
  take(held: HeldMessage): void {
    const { keyOf } = this.#engine.settings;
    if (keyOf === undefined) this.enqueue(held);
    else this.#enterKeyQueue(held, keyOf);
  }

  #enterKeyQueue(held: HeldMessage, keyOf: NonNullable<Settings["keyOf"]>): void {
    if (!this.#engine.runner.decode(held)) return;
    let key: unknown;
    try {
      key = keyOf(held.event!);
    } catch (error) {
      // Its place in the order is not known, so nothing may be done with it.
      return this.#engine.redeliveryPolicy.deadLetter(held, error, "dlq");
    }
    if (key === undefined || key === null || this.#keyQueues.enter(key, held)) this.enqueue(held);
    else held.state = "queued";
  }

  /** Lets a message wait for a free place. */
  enqueue(held: HeldMessage): void {
    held.state = "ready";
    if (held.suspect) {
      // In turns from the front and from the back: what came behind the culprit once comes before it the next time.
      if (held.delivery.deliveryCount % 2 === 0) this.#suspects.push(held);
      else this.#suspects.unshift(held);
      this.#isolateSuspects();
    } else {
      held.source.ready++;
      this.#ready.push(held);
    }
    this.pump();
  }

  /** Keeps a message, alive, until its next attempt; where too many wait already it is given back for as long. */
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
   * Puts a message back whose handler could not be called. It stays in this process: given back, it would look like one that
   * nobody survives.
   */
  postpone(held: HeldMessage, notTried: NotTried): void {
    held.state = "ready";
    if (held.suspect) {
      this.#suspects.unshift(held);
    } else {
      held.source.ready++;
      this.#postponed.push(held);
    }
    this.inboxOutage.begin(notTried);
    this.#engine.notifyIdle();
  }

  /** Starts handlers while there are places and messages. */
  pump(): void {
    const { runner, isStopping } = this.#engine;
    if (this.#isPumping || isStopping) return;
    this.#isPumping = true;
    while (runner.running < this.inboxOutage.limit) {
      const held = this.#postponed.shift() ?? this.#ready.shift();
      if (held === undefined) break;
      if (held.state !== "ready") continue;
      held.source.ready--;
      runner.run(held);
      held.source.refill();
    }
    this.#isPumping = false;
    if (this.#isolation !== undefined) this.#runAlone();
  }

  /** A message is settled or was given back: lets the next one of its lane go on. */
  leave(held: HeldMessage): void {
    if (held.state === "ready" && !held.suspect) held.source.ready--;
    held.state = "gone";
    const next = this.#keyQueues.leave(held);
    if (next !== undefined && !this.#engine.isStopping) this.enqueue(next);
  }

  /**
   * Gives suspects what they need to hurt nobody: no other message is asked for, what is here is worked off, and then they run
   * one by one, each when the server knows of those before it: else they would be delivered again, and share its fate.
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

  #runAlone(): void {
    const { bus, runner, sources } = this.#engine;
    const isolation = this.#isolation!;
    if (!isolation.isIdle || this.inboxOutage.limit === 0) return;
    if (runner.running + this.#postponed.size + this.#ready.size > 0) return;
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
