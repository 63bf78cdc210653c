/** The longest delay of a timer, in milliseconds; a longer one fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

let cachedAt = -1;
let cached = "";

/**
 * The current time in ISO 8601 UTC with milliseconds.
 *
 * Formatting a date costs more than the rest of a response's `meta`, so the text is cached for its millisecond.
 */
export function isoNow(): string {
  const now = Date.now();
  if (now !== cachedAt) {
    cachedAt = now;
    cached = new Date(now).toISOString();
  }
  return cached;
}

/** Waits for `ms` milliseconds; rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The error of {@link withDeadline}. */
export class DeadlineExceeded extends Error {
  override readonly name = "TimeoutError";
}

/**
 * The result of `work`, or a rejection with {@link DeadlineExceeded} when `ms` milliseconds pass first.
 *
 * The work itself is not stopped: pass it an `AbortSignal` where that is needed.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded(message)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
