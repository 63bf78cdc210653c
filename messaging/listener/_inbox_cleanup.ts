import type { Timer } from "../bus/clock.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { ListenerCore } from "./_core.ts";

/** Deletes old rows of an inbox while its listener runs. */
export class InboxCleanup {
  readonly #engine: ListenerCore;
  readonly #inbox: Inbox;
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(engine: ListenerCore, inbox: Inbox) {
    this.#engine = engine;
    this.#inbox = inbox;
  }

  /** Starts after a random delay, so that processes which start together do not clean up together. */
  start(): void {
    this.#schedule(Math.random());
  }

  /** Stops after the batch that is being deleted. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(share: number): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer = this.#engine.after(Math.ceil(share * this.#inbox.cleanUpEveryMs), () => {
      this.#running = this.#cleanUp().finally(() => this.#schedule(1));
    });
  }

  async #cleanUp(): Promise<void> {
    try {
      await this.#inbox.cleanUp({ signal: this.#stopped.signal });
    } catch (error) {
      this.#engine.logger.warn("Inbox could not be cleaned up; it is tried again", { error });
    }
  }
}
