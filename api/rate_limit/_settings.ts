import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { ContextLike } from "../_hono.ts";
import { guardLogger } from "../guarded_logger.ts";
import type { RateLimitStage } from "../guards.ts";
import { keyByCaller } from "./_caller_key.ts";
import { createMemoryRateLimitStore } from "./create_memory_rate_limit_store.ts";
import { MAX_INTEGER, POLICY_NAME } from "./_fields.ts";
import type { RateLimitOptions, RateLimitPolicy } from "./options.ts";
import type { RateLimitStore } from "./rate_limit_store.ts";

/** A policy, with its defaults. */
export type Policy = { readonly [Key in keyof RateLimitPolicy]-?: NonNullable<RateLimitPolicy[Key]> };

/** The options of a `rateLimit`, validated and with their defaults. */
export interface RateLimitSettings {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly key: (c: ContextLike) => string | undefined;
  readonly cost: ((c: ContextLike) => number) | undefined;
  readonly store: RateLimitStore;
  readonly storeTimeoutMs: number;
  readonly headers: boolean;
  readonly logger: LoggerLike | undefined;
}

const STAGES: readonly RateLimitStage[] = ["address", "caller"];

/** Validates the options of a `rateLimit`. */
export function resolveSettings(options: RateLimitOptions): RateLimitSettings {
  const { policies, key = keyByCaller, cost, store = createMemoryRateLimitStore() } = options;
  const { onStoreError = "open", storeTimeoutMs = 100, headers = "draft", logger } = options;
  if (!Array.isArray(policies) || policies.length === 0) {
    throw new TypeError("Expected `policies` to be a list with one policy at least");
  }
  assertFunction("key", key);
  if (cost !== undefined) assertFunction("cost", cost);
  for (const method of ["take", "cleanUp"] as const) {
    if (typeof store?.[method] === "function") continue;
    throw new TypeError(`Expected \`store\` to have a method \`${method}\`, got ${typeof store?.[method]}`);
  }
  if (onStoreError !== "open" && onStoreError !== "closed") {
    throw new TypeError(
      `Expected \`onStoreError\` to be "open" or "closed", got ${JSON.stringify(onStoreError)}`,
    );
  }
  if (headers !== "draft" && headers !== false) {
    throw new TypeError(`Expected \`headers\` to be "draft" or false, got ${JSON.stringify(headers)}`);
  }
  if (!(storeTimeoutMs >= 1 && storeTimeoutMs <= MAX_TIMER_MS)) {
    throw new RangeError(
      `Expected \`storeTimeoutMs\` to be between 1 and ${MAX_TIMER_MS}, got ${storeTimeoutMs}`,
    );
  }
  const byName = new Map<string, Policy>();
  for (const policy of policies as RateLimitOptions["policies"]) {
    const { name } = policy;
    if (byName.has(name)) throw new TypeError(`Expected names of their own, got two policies "${name}"`);
    byName.set(name, resolvePolicy(policy, onStoreError === "closed"));
  }
  return {
    policies: byName,
    key,
    cost,
    store,
    storeTimeoutMs,
    headers: headers === "draft",
    logger: logger && guardLogger(logger),
  };
}

function resolvePolicy(policy: RateLimitPolicy, isClosed: boolean): Policy {
  const { name, limit, windowSeconds, by = "caller", strict = false, everywhere = true } = policy;
  if (typeof name !== "string" || !POLICY_NAME.test(name)) {
    throw new TypeError(
      `Expected the name of a policy to be a letter and up to 63 letters, digits, "_", "." and "-", got ${
        JSON.stringify(name)
      }`,
    );
  }
  assertWhole(`policies.${name}.limit`, limit, 1, MAX_INTEGER);
  assertWhole(`policies.${name}.windowSeconds`, windowSeconds, 1, MAX_INTEGER);
  if (!STAGES.includes(by)) {
    throw new TypeError(
      `Expected \`by\` of "${name}" to be "address" or "caller", got ${JSON.stringify(by)}`,
    );
  }
  return { name, limit, windowSeconds, by, strict: strict || isClosed, everywhere };
}

function assertFunction(option: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Expected \`${option}\` to be a function, got ${typeof value}`);
}
