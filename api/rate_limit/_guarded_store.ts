import { DeadlineExceeded, withDeadline } from "../../internal/clock.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { RateLimitRecorder } from "./_rate_limit_recorder.ts";
import type { RateLimitSettings } from "./_settings.ts";
import type { RateLimitQuota, RateLimitResult } from "./rate_limit_store.ts";

/** Milliseconds in which there is one warning of a store that fails, at most. */
const WARN_EVERY_MS = 10_000;

/** A store that fails, or does not answer in time, without making anybody wait for long. */
export class GuardedStore {
  readonly #settings: RateLimitSettings;
  readonly #recorder: RateLimitRecorder;
  /** Whether the last answer was a failure. Then one request at a time asks, and the others do not wait for it. */
  #isFailing = false;
  #asked = 0;
  #warnedAt = -Infinity;

  constructor(settings: RateLimitSettings, recorder: RateLimitRecorder) {
    this.#settings = settings;
    this.#recorder = recorder;
  }

  /** Takes from the quotas; `undefined` where the store failed. */
  take(
    key: string,
    quotas: readonly RateLimitQuota[],
    logger: LoggerLike,
  ): Promise<RateLimitResult | undefined> | RateLimitResult | undefined {
    if (this.#isFailing && this.#asked > 0) {
      this.#recorder.storeErrors++;
      return undefined;
    }
    const options = new TakeOptions();
    try {
      const taken = this.#settings.store.take(key, quotas, options);
      if (taken instanceof Promise) return this.#inTime(taken, options, logger);
      this.#isFailing = false;
      return taken;
    } catch (error) {
      return this.#failed(error, logger);
    }
  }

  async #inTime(
    taking: Promise<RateLimitResult>,
    options: TakeOptions,
    logger: LoggerLike,
  ): Promise<RateLimitResult | undefined> {
    const { storeTimeoutMs } = this.#settings;
    this.#asked++;
    try {
      const taken = await withDeadline(taking, storeTimeoutMs, `no answer within ${storeTimeoutMs} ms`);
      this.#isFailing = false;
      return taken;
    } catch (error) {
      if (error instanceof DeadlineExceeded) options.abort(error);
      return this.#failed(error, logger);
    } finally {
      this.#asked--;
    }
  }

  #failed(error: unknown, logger: LoggerLike): undefined {
    this.#isFailing = true;
    this.#recorder.storeErrors++;
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    logger.warn("The store of the rate limit fails: its policies do not hold, and strict ones refuse", {
      error,
    });
  }
}

/** Makes the signal only for a store that asks for it. */
class TakeOptions {
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}
