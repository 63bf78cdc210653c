import { RateLimitedError, ServiceUnavailableError } from "../../errors/common.ts";
import { isInProcess } from "../../internal/in_process_request.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import type { ContextLike } from "../_hono.ts";
import { stateOf } from "../_request_state.ts";
import type { RateLimitStage } from "../guards.ts";
import { keyByAddress } from "./_caller_key.ts";
import { retryAfterOf, stateItem, withJitter } from "./_fields.ts";
import { GuardedStore } from "./_guarded_store.ts";
import { hashedKey } from "./_hash_key.ts";
import type { PolicySet } from "./_policy_set.ts";
import { RateLimitRecorder } from "./_rate_limit_recorder.ts";
import type { Policy, RateLimitSettings } from "./_settings.ts";
import { keepFields } from "./_write_fields.ts";
import type { RateLimitResult } from "./rate_limit_store.ts";

/** Takes what requests cost from sets of policies. */
export class Limiter {
  readonly #settings: RateLimitSettings;
  readonly #recorder: RateLimitRecorder;
  readonly #store: GuardedStore;
  #warnedOfAddress = false;
  #lastMetrics: Metrics | undefined;
  #ownLogger: LoggerLike | undefined;

  constructor(settings: RateLimitSettings) {
    this.#settings = settings;
    this.#recorder = new RateLimitRecorder(settings.policies.keys());
    this.#store = new GuardedStore(settings, this.#recorder);
  }

  /**
   * Takes what a request costs; `undefined` when that is done at once.
   *
   * @throws {RateLimitedError} when a policy has not enough left.
   * @throws {ServiceUnavailableError} when the store fails, and a policy is strict.
   */
  take(c: ContextLike, set: PolicySet | undefined, stage: RateLimitStage): Promise<void> | undefined {
    if (set === undefined) return;
    const logger = this.#observe(c);
    const cost = this.#costOf(c);
    if (cost === 0) return;
    const key = stage === "address" ? keyByAddress(c) : this.#settings.key(c);
    if (key === undefined) {
      if (stage === "address" && !isInProcess(c.req.raw)) this.#withoutAddress(set, logger);
      return;
    }
    const taken = this.#store.take(hashedKey(key), set.quotasFor(cost), logger);
    if (taken instanceof Promise) return taken.then((taken) => this.#settle(c, set, taken));
    this.#settle(c, set, taken);
  }

  /** Shows the metrics where the request is counted, and gives the logger. */
  #observe(c: ContextLike): LoggerLike {
    const { metrics, logger: requestLogger } = stateOf(c)?.settings ?? {};
    const logger = this.#settings.logger ?? requestLogger ??
      (this.#ownLogger ??= createLogger("glam-service"));
    if (metrics !== undefined && metrics !== this.#lastMetrics) {
      this.#lastMetrics = metrics;
      this.#recorder.showIn(metrics, logger);
    }
    return logger;
  }

  #costOf(c: ContextLike): number {
    const { cost: costOf } = this.#settings;
    if (costOf === undefined) return 1;
    const cost = costOf(c);
    if (Number.isSafeInteger(cost) && cost >= 0) return cost;
    throw new RangeError(`Expected \`cost\` to give a whole number from 0, got ${cost}`);
  }

  #withoutAddress(set: PolicySet, logger: LoggerLike): void {
    if (!this.#warnedOfAddress) {
      this.#warnedOfAddress = true;
      logger.warn(
        "The address of a client is not known: policies by address do not hold, and strict ones refuse. " +
          "A wrapper around app.fetch must pass its second argument on",
      );
    }
    this.#uncheckedOrRefused(set);
  }

  #uncheckedOrRefused({ policies }: PolicySet): void {
    const isRefused = policies.some(({ strict }) => strict);
    for (const { name } of policies) this.#recorder.count(name, isRefused ? "refused" : "unchecked");
    if (isRefused) throw new ServiceUnavailableError("The rate limit cannot be checked", { retryAfter: 1 });
  }

  #settle(c: ContextLike, set: PolicySet, taken: RateLimitResult | undefined): void {
    if (taken === undefined) return this.#uncheckedOrRefused(set);
    const { passed, quotas } = taken;
    const { policies } = set;
    const wait = passed ? Infinity : retryAfterOf(quotas);
    if (this.#settings.headers) {
      let items = "";
      for (let i = 0; i < policies.length; i++) {
        const { remaining, resetSeconds, waitSeconds } = quotas[i]!;
        // Nobody is told to come back before the time of an item.
        const seconds = waitSeconds > 0 ? wait : Math.min(withJitter(resetSeconds), wait);
        items += (i === 0 ? "" : ", ") + stateItem(policies[i]!, remaining, seconds);
      }
      keepFields(c, { policy: set.field, limit: items }, passed);
    }
    if (passed) {
      for (const { name } of policies) this.#recorder.count(name, "passed");
      return;
    }
    const waiting = policies.filter((_, i) => quotas[i]!.waitSeconds > 0);
    const violated = waiting.length > 0 ? waiting : policies; // a store of one's own may not know
    for (const { name } of violated) this.#recorder.count(name, "limited");
    throw exceeded(violated, wait);
  }
}

function exceeded(violated: readonly Policy[], retryAfter: number): RateLimitedError {
  const { limit, windowSeconds } = violated[0]!;
  return new RateLimitedError(undefined, {
    limit,
    window: `${windowSeconds}s`,
    retryAfter,
    details: { violated_policies: violated.map(({ name }) => name) },
  });
}
