import { SlidingWindow } from "./_sliding_window.ts";

const WINDOW_SECONDS = 10;

/**
 * How many attempts there may be beside the calls themselves: a share of the calls of the last ten seconds, and a few for
 * each second, whatever their number. Where a service is down, retries would only make it worse.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #minPerSecond: number;
  readonly #window = new SlidingWindow(WINDOW_SECONDS * 1000, Date.now());

  constructor(ratio: number, minPerSecond: number) {
    this.#ratio = ratio;
    this.#minPerSecond = minPerSecond;
  }

  /** Counts a call. */
  call(): void {
    this.#window.current().total++;
  }

  /** Counts a retry, if there may be one. */
  tryRetry(): boolean {
    const current = this.#window.current();
    const { total, marked } = this.#window.sums(current);
    const seconds = Math.min(WINDOW_SECONDS, 1 + current.number);
    if (marked + 1 > this.#ratio * total + this.#minPerSecond * seconds) return false;
    current.marked++;
    return true;
  }
}
