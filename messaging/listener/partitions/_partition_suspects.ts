import { settleWithin } from "../../bus/_settle_within.ts";
import type { ListenerCore } from "../_core.ts";
import type { HeldMessage } from "../_held_message.ts";

/** How long to wait for the server to confirm the acknowledgements before a suspect runs anyway, in milliseconds. */
const FLUSH_MS = 5000;
/**
 * How long no suspect may come before the first one runs, in milliseconds. What was buffered beside a killer is redelivered
 * soon after it: were the killer to run at once, it would be the first one each time.
 */
const GATHER_MS = 500;
/** How long suspects that keep coming can put that off, in milliseconds. */
const MAX_GATHER_MS = 5000;

/**
 * Messages of partitions that were delivered so often that one of them seems to kill its process. They run one at a time,
 * beside what is no suspect, every other time in reverse order: of those that come together, each one runs before the killer
 * in one of two processes.
 */
export class PartitionSuspects {
  readonly #engine: ListenerCore;
  readonly #waiting: HeldMessage[] = [];
  #running: HeldMessage | undefined;
  #isAboutToRun = false;
  /** Whether the last one came while there was no other. */
  #cameAlone = false;
  /** Number of those that have come. */
  #come = 0;
  /** How many had come when none came for a moment. */
  #gathered = 0;
  /** Whether one was buried a moment ago. */
  #hasBuried = false;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Number of those that wait for their turn. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Takes one that is ready. */
  add(held: HeldMessage): void {
    this.#cameAlone = this.#waiting.length === 0 && this.#running?.state !== "running";
    this.#come++;
    this.#waiting.push(held);
  }

  /**
   * Runs the next one, or buries it, once the others have come too and the server has confirmed the acknowledgements before it,
   * so that a crash does not redeliver them.
   */
  pump(): void {
    const { bus } = this.#engine;
    if (this.#running?.state === "running" || this.#isAboutToRun || this.#waiting.length === 0) return;
    if (!this.#hasSlot) return;
    this.#isAboutToRun = true;
    this.#gather().then(() => settleWithin(FLUSH_MS, () => bus.flush())).then(() => {
      this.#isAboutToRun = false;
      if (this.#hasSlot) this.#runNext();
    });
  }

  get #hasSlot(): boolean {
    const { dispatcher, isPaused, isStopping, runner } = this.#engine;
    return !isPaused && !isStopping && runner.running < dispatcher.inboxOutage.limit;
  }

  /** Resolves when none has come for a moment. The clock may be set meanwhile, so it counts pauses and not the time. */
  async #gather(): Promise<void> {
    const engine = this.#engine;
    for (let pauses = 0; pauses < MAX_GATHER_MS / GATHER_MS && this.#gathered !== this.#come; pauses++) {
      this.#gathered = this.#come;
      if (engine.isStopping) return;
      await engine.pauseFor(GATHER_MS);
    }
  }

  #runNext(): void {
    const { dispatcher, runner } = this.#engine;
    this.#drop();
    const mostOften = Math.max(...this.#waiting.map(({ delivery }) => delivery.deliveryCount));
    const direction = mostOften % 2 === 0 ? 1 : -1;
    this.#waiting.sort((one, other) => direction * (one.sequence - other.sequence));
    const due = this.#due(mostOften);
    if (due !== undefined) {
      this.#bury(due);
      return dispatcher.pump();
    }
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#running = next;
    runner.run(next);
  }

  /** Removes those that were settled or came to another process meanwhile. */
  #drop(): void {
    const { answers } = this.#engine;
    for (const held of this.#waiting.splice(0)) {
      if (held.state !== "ready") continue;
      if (answers.isLost(held)) this.#engine.giveBack(held, 0); // which is not answered
      else this.#waiting.push(held);
    }
  }

  /** The one that was delivered so often that it is to be buried; those that came beside one that was buried run first. */
  #due(mostOften: number): HeldMessage | undefined {
    if (this.#hasBuried || !this.#engine.poisonPolicy.isDue(mostOften, this.#cameAlone)) return undefined;
    return this.#waiting.find(({ delivery }) => delivery.deliveryCount === mostOften);
  }

  #bury(held: HeldMessage): void {
    this.#waiting.splice(this.#waiting.indexOf(held), 1);
    this.#hasBuried = true;
    // What was buffered beside it is redelivered within the ack wait.
    this.#engine.after(2 * held.source.settings.ackWaitMs, () => this.#hasBuried = false);
    this.#engine.poisonPolicy.judge(held);
  }
}
