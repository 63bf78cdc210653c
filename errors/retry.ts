import { assertNumber, assertWhole } from "../internal/assert_number.ts";
import { fullJitter } from "../internal/backoff.ts";
import { MAX_TIMER_MS, sleep } from "../internal/clock.ts";
import { isGlamError } from "./glam_error.ts";
import { isRetryableError } from "./is_retryable_error.ts";
import { retryAfterSeconds } from "./retry_after.ts";

/** Options of {@link retry}. */
export interface RetryOptions {
  /**
   * Calls of `fn` at most, an integer from 1.
   * @default 3
   */
  readonly attempts?: number | undefined;
  /**
   * Upper bound of the first delay in milliseconds, from 0.
   * @default 100
   */
  readonly minDelayMs?: number | undefined;
  /**
   * Upper bound of every delay in milliseconds, from `minDelayMs` to 2,147,483,647.
   * @default 10_000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * Factor by which the upper bound grows after each attempt, from 1.
   * @default 2
   */
  readonly factor?: number | undefined;
  /** Aborts the delay and the attempts; the reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to try again after this error.
   * @default isRetryableError
   */
  readonly shouldRetry?: ((error: unknown) => boolean) | undefined;
  /** Called before each delay. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/** The argument of the function that {@link retry} calls. */
export interface RetryAttempt {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The `signal` of the options. */
  readonly signal: AbortSignal | undefined;
}

/** The argument of `onRetry`. */
export interface RetryEvent {
  /** The error of the attempt. */
  readonly error: unknown;
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next attempt. */
  readonly delayMs: number;
}

/**
 * Calls `fn` until it succeeds: after a retryable error, again after a random delay whose upper bound grows (full jitter).
 *
 * A `retry_after` of the error lengthens the delay; where it is longer than `maxDelayMs` there is no further attempt.
 * The last error is thrown as it was.
 *
 * @example
 * ```ts
 * import { retry, ServiceUnavailableError } from "@glam/shared/errors";
 *
 * const answer = await retry(({ attempt }) => {
 *   if (attempt === 1) throw new ServiceUnavailableError("catalog is starting");
 *   return "ready";
 * }, { minDelayMs: 1 });
 * console.log(answer); // ready
 * ```
 *
 * @throws {RangeError} when an option is out of its range.
 */
export async function retry<T>(
  fn: (attempt: RetryAttempt) => T | PromiseLike<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = 3, minDelayMs = 100, maxDelayMs = 10_000, factor = 2 } = options;
  const { signal, shouldRetry = isRetryableError, onRetry } = options;
  assertWhole("attempts", attempts, 1);
  assertNumber("minDelayMs", minDelayMs, 0, MAX_TIMER_MS);
  assertNumber("maxDelayMs", maxDelayMs, minDelayMs, MAX_TIMER_MS);
  assertNumber("factor", factor, 1);
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await unlessAborted(async () => await fn({ attempt, signal }), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !shouldRetry(error)) throw error;
      const retryAfterMs = retryAfterMsOf(error);
      if (retryAfterMs > maxDelayMs) throw error;
      const delayMs = Math.max(retryAfterMs, fullJitter(attempt, { minDelayMs, maxDelayMs, factor }));
      onRetry?.({ error, attempt, delayMs });
      await sleep(delayMs, signal);
    }
  }
}

function retryAfterMsOf(error: unknown): number {
  return isGlamError(error) ? (retryAfterSeconds(error.details["retry_after"]) ?? 0) * 1000 : 0;
}

/** The result of `work`; rejects when the signal aborts, while work that ignores the signal goes on. */
function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work();
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work().then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
