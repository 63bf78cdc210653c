import { type createLocalJWKSet, errors } from "jose";
import { ServiceUnavailableError, UnauthorizedError } from "../errors/common.ts";
import { detectRuntime } from "../internal/runtime.ts";
import type { LoggerLike } from "../logging/logger.ts";

/** The keys of a set by `kid`, `alg` and the rest of a token's header. */
export type LocalKeys = ReturnType<typeof createLocalJWKSet>;

const MAX_AGE_MS = 10 * 60_000;
const MAX_STALE_MS = 24 * 3_600_000;
/** How often keys are loaded because a token names one that is not known, or because old ones cannot be replaced. */
const COOLDOWN_MS = 30_000;
/** How often they are loaded while there are none at all. */
const RETRY_MS = 5000;

/**
 * Keys that are loaded when they are needed. A source that fails leaves the old ones in use for a day; whatever tokens
 * come, it is asked a bounded number of times.
 */
export class KeyCache {
  readonly #load: () => Promise<LocalKeys>;
  #keys: LocalKeys | undefined;
  #loadedAt = -Infinity;
  #triedAt = -Infinity;
  #askedAt = -Infinity;
  #hasFailed = false;
  #loading: Promise<void> | undefined;

  constructor(load: () => Promise<LocalKeys>) {
    this.#load = load;
  }

  /** What `look` finds in the keys, which are loaded again if it finds nothing and some time has passed. */
  async find<T>(look: (keys: LocalKeys) => Promise<T>, logger: LoggerLike | undefined): Promise<T> {
    if (this.#age > MAX_AGE_MS) await this.#refresh(logger, this.#triedAt + this.#waitMs);
    try {
      return await look(this.#usable());
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const after = Math.max(this.#askedAt + COOLDOWN_MS, this.#hasFailed ? this.#triedAt + this.#waitMs : 0);
      if (Date.now() >= after) this.#askedAt = Date.now();
      if (!await this.#refresh(logger, after)) throw this.#unknown();
    }
    return await look(this.#usable());
  }

  get #age(): number {
    return Date.now() - this.#loadedAt;
  }

  get #waitMs(): number {
    return this.#age > MAX_STALE_MS ? RETRY_MS : COOLDOWN_MS;
  }

  #usable(): LocalKeys {
    if (this.#keys !== undefined && this.#age <= MAX_STALE_MS) return this.#keys;
    throw this.#unavailable();
  }

  /** The error of a token whose key is not there: it may be a new one, if the source does not answer. */
  #unknown(): Error {
    return this.#hasFailed || this.#loading !== undefined
      ? this.#unavailable()
      : new UnauthorizedError("Nobody knows the key of the token (`kid`)");
  }

  #unavailable(): ServiceUnavailableError {
    const seconds = Math.ceil((this.#triedAt + this.#waitMs - Date.now()) / 1000);
    return new ServiceUnavailableError("The keys that tokens are checked with are not there", {
      retryAfter: Math.max(1, seconds),
    });
  }

  /** Loads the keys from that time on, or waits where they are being loaded; gives whether there are new ones. */
  async #refresh(logger: LoggerLike | undefined, after: number): Promise<boolean> {
    // What one request waits for, another one cannot wait for on workerd.
    if (this.#loading === undefined || detectRuntime() === "workerd") {
      const isFirst = this.#keys === undefined && !this.#hasFailed;
      if (!isFirst && Date.now() < after) return false;
      this.#triedAt = Date.now();
      this.#loading = this.#reload(logger);
    }
    await this.#loading;
    return !this.#hasFailed;
  }

  async #reload(logger: LoggerLike | undefined): Promise<void> {
    try {
      this.#keys = await this.#load();
      this.#loadedAt = Date.now();
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      logger?.warn("The keys that tokens are checked with cannot be loaded", { error });
    } finally {
      this.#loading = undefined;
    }
  }
}
