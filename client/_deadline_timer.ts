import { outsideContext } from "../internal/outside_context.ts";

/** What ends at a time, by `performance.now()`. */
export interface Timed {
  readonly endsAt: number;
  expire(): unknown;
}

/**
 * One timer for the deadlines of all calls that are under way. On Deno a timer of its own costs a call over a socket a
 * tenth more, and nearly none of them ever fires.
 */
export class DeadlineTimer {
  readonly #waiting = new Set<Timed>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firesAt = Infinity;

  add(timed: Timed): void {
    this.#waiting.add(timed);
    if (timed.endsAt < this.#firesAt) this.#arm(timed.endsAt);
  }

  delete(timed: Timed): void {
    if (this.#waiting.delete(timed) && this.#waiting.size === 0) this.#disarm();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = Infinity;
  }

  #arm(at: number): void {
    this.#disarm();
    this.#firesAt = at;
    const ms = Math.max(0, Math.ceil(at - performance.now()));
    // Else what listens to one call's signal would run in the request of another.
    this.#timer = outsideContext(() => setTimeout(() => this.#fire(), ms));
  }

  #fire(): void {
    this.#firesAt = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const timed of this.#waiting) {
      if (timed.endsAt - now < 1) timed.expire();
      else next = Math.min(next, timed.endsAt);
    }
    if (next < Infinity) this.#arm(next);
  }
}
