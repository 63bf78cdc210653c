import type { Clock, Timer } from "../bus/clock.ts";

/** Shortest pause, during which rows collect for one batch. */
const SHORTEST_MS = 10;

/** Pauses between the polls of a relay: each is twice the last, until a poll finds rows or {@link PollTimer.wake} is called. */
export class PollTimer {
  readonly #clock: Clock;
  readonly #longestMs: number;
  #nextMs = SHORTEST_MS;
  #timer: Timer | undefined;
  #end: (() => void) | undefined;
  #startedAt = 0;
  #stopped = false;

  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
  }

  /** Waits before the next poll; `found` says whether the last one found rows. */
  pause(found: boolean): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (found) this.#nextMs = SHORTEST_MS;
    const ms = Math.min(this.#nextMs, this.#longestMs);
    this.#nextMs = ms * 2;
    this.#startedAt = this.#clock.now();
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#schedule(ms);
    });
  }

  /** Rows may have been added: shortens the pause. */
  wake(): void {
    this.#nextMs = SHORTEST_MS;
    if (this.#timer === undefined) return;
    this.#schedule(SHORTEST_MS - (this.#clock.now() - this.#startedAt));
  }

  /** Ends the pause; later ones end at once. */
  stop(): void {
    this.#stopped = true;
    this.#finish();
  }

  #schedule(ms: number): void {
    this.#timer?.cancel();
    if (ms <= 0) return this.#finish();
    this.#timer = this.#clock.setTimer(() => this.#finish(), ms);
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#end?.();
    this.#end = undefined;
  }
}
