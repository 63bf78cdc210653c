const WINDOW_SECONDS = 10;

interface Second {
  number: number;
  calls: number;
  retries: number;
}

/**
 * How many attempts there may be beside the calls themselves: a share of the calls of the last ten seconds, and a few for
 * each second, whatever their number. Where a service is down, retries would only make it worse.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #minPerSecond: number;
  readonly #startedAt = Date.now();
  readonly #seconds: Second[] = Array.from(
    { length: WINDOW_SECONDS },
    () => ({ number: -1, calls: 0, retries: 0 }),
  );

  constructor(ratio: number, minPerSecond: number) {
    this.#ratio = ratio;
    this.#minPerSecond = minPerSecond;
  }

  /** Counts a call. */
  call(): void {
    this.#current().calls++;
  }

  /** Counts a retry, if there may be one. */
  tryRetry(): boolean {
    const current = this.#current();
    let calls = 0;
    let retries = 0;
    for (const second of this.#seconds) {
      if (second.number <= current.number - WINDOW_SECONDS) continue;
      calls += second.calls;
      retries += second.retries;
    }
    const seconds = Math.min(WINDOW_SECONDS, 1 + current.number);
    if (retries + 1 > this.#ratio * calls + this.#minPerSecond * seconds) return false;
    current.retries++;
    return true;
  }

  #current(): Second {
    const number = Math.max(0, Math.floor((Date.now() - this.#startedAt) / 1000));
    const second = this.#seconds[number % WINDOW_SECONDS]!;
    if (second.number !== number) Object.assign(second, { number, calls: 0, retries: 0 });
    return second;
  }
}
