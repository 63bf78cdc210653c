import { toGlamError } from "../../errors/to_glam_error.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { ListenerCore } from "./_core.ts";

const LONGEST_PAUSE_MS = 1000;

/** What a source does to receive messages again. */
export interface RecoverySteps {
  /** Its durable consumer, for the log. */
  readonly durable: string;
  /** Milliseconds to wait before each of the first attempts; a second before each later one. */
  readonly pausesMs: readonly number[];
  /** Makes what is gone. Resolves with whether all is there; rejects where it has to be tried again. */
  repair(): Promise<boolean>;
  /** Asks for messages again: all is there. */
  subscribe(): void;
}

/** The way back of a source that receives no messages although it should: it tries until it succeeds, or the listener is over. */
export class Recovery {
  /** Since when no messages come, in milliseconds since 1970. */
  since: number | undefined = undefined;
  /** Why no messages come. */
  trouble: string | undefined = undefined;
  #isUnderWay = false;
  /** Ends the pause before the next attempt, as when the connection is restored. */
  #wake: () => void = () => {};
  readonly #engine: ListenerCore;
  readonly #bus: MessageBus;
  readonly #steps: RecoverySteps;

  constructor(engine: ListenerCore, bus: MessageBus, steps: RecoverySteps) {
    this.#engine = engine;
    this.#bus = bus;
    this.#steps = steps;
  }

  /** Whether it is still to call `subscribe`. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Begins, or makes the next attempt at once. */
  begin(trouble: string): void {
    this.trouble = trouble;
    this.since ??= this.#engine.now();
    this.#wake();
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    void this.#run();
  }

  /** Messages are asked for again. */
  succeeded(): void {
    this.since = this.trouble = undefined;
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !await this.#attempt(attempt); attempt++) if (this.#engine.isOver) return;
    // Before it subscribes: a subscription that ends at once begins anew.
    this.#isUnderWay = false;
    this.#steps.subscribe();
  }

  async #attempt(number: number): Promise<boolean> {
    const { durable, pausesMs, repair } = this.#steps;
    const pause = this.#engine.pauseFor(pausesMs[number] ?? LONGEST_PAUSE_MS);
    await Promise.race([pause, new Promise<void>((resolve) => this.#wake = resolve)]);
    if (this.#engine.isOver || !this.#bus.connected) return false;
    try {
      return await repair();
    } catch (error) {
      this.trouble = toGlamError(error).message;
      this.#engine.logger.warn("Consumer could not be recovered yet", { durable, error });
      return false;
    }
  }
}
