import { within } from "../bus/_within.ts";
import type { ListenerCore } from "./_core.ts";
import { Fifo } from "./_fifo.ts";
import type { NotTried } from "./_handle_once.ts";
import type { Held } from "./_held.ts";
import { HoldUp } from "./_hold_up.ts";
import { Lanes } from "./_lanes.ts";
import type { Settings } from "./_settings.ts";

/** How long the server may take to say that it has the acknowledgements, before a suspect runs without its word. */
const FLUSH_MS = 5000;

/** What suspects run in: they hurt nobody but themselves. */
interface Solitude {
  /** Nothing is on its way. */
  isQuiet: boolean;
  /** The server has every acknowledgement. */
  isHeard: boolean;
}

/** Decides which message is next: has handlers called, as many at a time as there are places. */
export class Dispatcher {
  /** Messages that wait for another attempt, or for the dead letters to have room. */
  waiting = 0;
  readonly holdUp: HoldUp;
  readonly #engine: ListenerCore;
  readonly #ready = new Fifo<Held>();
  /** Messages whose handler could not be called, to go before all others. */
  readonly #postponed = new Fifo<Held>();
  readonly #suspects: Held[] = [];
  readonly #lanes = new Lanes();
  #isPumping = false;
  /** Set while messages that may kill the process run alone. */
  #solitude: Solitude | undefined;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
    this.holdUp = new HoldUp(engine);
  }

  /** Takes a message that has come in. */
  take(held: Held): void {
    const { keyOf } = this.#engine.settings;
    if (keyOf === undefined) this.enqueue(held);
    else this.#enterLane(held, keyOf);
  }

  #enterLane(held: Held, keyOf: NonNullable<Settings["keyOf"]>): void {
    if (!this.#engine.runner.decode(held)) return;
    let key: unknown;
    try {
      key = keyOf(held.event!);
    } catch (error) {
      // Its place in the order is not known, so nothing may be done with it.
      return this.#engine.judge.condemn(held, error, "dlq");
    }
    if (key === undefined || key === null || this.#lanes.enter(key, held)) this.enqueue(held);
    else held.state = "queued";
  }

  /** Lets a message wait for a free place. */
  enqueue(held: Held): void {
    held.state = "ready";
    if (held.suspect) {
      // In turns from the front and from the back: what came behind the culprit once comes before it the next time.
      if (held.delivery.deliveryCount % 2 === 0) this.#suspects.push(held);
      else this.#suspects.unshift(held);
      this.#seekSolitude();
    } else {
      held.source.ready++;
      this.#ready.push(held);
    }
    this.pump();
  }

  /** Keeps a message, alive, until its next attempt; where too many wait already it is given back for as long. */
  wait(held: Held, delayMs: number): void {
    const engine = this.#engine;
    if (engine.isStopping || held.lane === undefined && !held.source.hasRoomToWait) {
      return engine.giveBack(held, delayMs);
    }
    held.state = "waiting";
    held.dueAt = engine.now() + delayMs;
    this.waiting++;
    held.timer = engine.after(delayMs, () => {
      held.timer = undefined;
      this.waiting--;
      if (held.fate === undefined) this.enqueue(held);
      else engine.burial.bury(held);
    });
  }

  /**
   * Puts a message back whose handler could not be called. It stays in this process: given back, it would look like one that
   * nobody survives.
   */
  postpone(held: Held, notTried: NotTried): void {
    held.state = "ready";
    if (held.suspect) {
      this.#suspects.unshift(held);
    } else {
      held.source.ready++;
      this.#postponed.push(held);
    }
    this.holdUp.begin(notTried);
    this.#engine.quiet();
  }

  /** Starts handlers while there are places and messages. */
  pump(): void {
    const { runner, isStopping } = this.#engine;
    if (this.#isPumping || isStopping) return;
    this.#isPumping = true;
    while (runner.running < this.holdUp.limit) {
      const held = this.#postponed.shift() ?? this.#ready.shift();
      if (held === undefined) break;
      if (held.state !== "ready") continue;
      held.source.ready--;
      runner.run(held);
      held.source.refill();
    }
    this.#isPumping = false;
    if (this.#solitude !== undefined) this.#runAlone();
  }

  /** A message is settled or was given back: lets the next one of its lane go on. */
  leave(held: Held): void {
    if (held.state === "ready" && !held.suspect) held.source.ready--;
    held.state = "gone";
    const next = this.#lanes.leave(held);
    if (next !== undefined && !this.#engine.isStopping) this.enqueue(next);
  }

  /**
   * Gives suspects what they need to hurt nobody: no other message is asked for, what is here is worked off, and then they run
   * one by one, each when the server knows of those before it: else they would be delivered again, and share its fate.
   */
  #seekSolitude(): void {
    if (this.#solitude !== undefined) return;
    const solitude: Solitude = { isQuiet: false, isHeard: false };
    this.#solitude = solitude;
    Promise.all(this.#engine.sources.map((source) => source.pause())).catch(() => {}).then(() => {
      solitude.isQuiet = true;
      this.pump();
    });
  }

  #runAlone(): void {
    const { bus, runner, sources } = this.#engine;
    const solitude = this.#solitude!;
    if (!solitude.isQuiet || this.holdUp.limit === 0) return;
    if (runner.running + this.#postponed.size + this.#ready.size > 0) return;
    if (this.#suspects.length === 0) {
      this.#solitude = undefined;
      for (const source of sources) source.resume();
    } else if (solitude.isHeard) {
      solitude.isHeard = false;
      runner.run(this.#suspects.shift()!);
    } else {
      solitude.isQuiet = false;
      within(FLUSH_MS, () => bus.flush()).then(() => {
        solitude.isQuiet = solitude.isHeard = true;
        this.pump();
      });
    }
  }
}
