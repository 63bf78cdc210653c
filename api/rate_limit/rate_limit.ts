import type { AnyEndpoint } from "../../contract/endpoint.ts";
import type { ContextLike, NextLike } from "../_hono.ts";
import { markRoute } from "../_route_meta.ts";
import { stateOf } from "../_request_state.ts";
import type { RateLimitGuard, RateLimitStage } from "../guards.ts";
import { Limiter } from "./_limiter.ts";
import { type PolicySet, toPolicySet } from "./_policy_set.ts";
import { type Policy, resolveSettings } from "./_settings.ts";
import { writeFields } from "./_write_fields.ts";
import type { RateLimitOptions } from "./options.ts";

/** A guard of endpoints, and a middleware for routes that have no contract. */
export interface RateLimit extends RateLimitGuard {
  /** The middleware: all policies hold, those by address first. */
  (c: ContextLike, next: NextLike): Promise<void>;
}

/**
 * Limits how often one address and one caller may call. Give it to `glamMiddleware({ guards: { rateLimit } })`: policies by
 * address are then taken before authentication, and those by caller after. On routes without a contract it is a middleware.
 *
 * A quota may be used up at once and fills up evenly (GCRA). A request takes from all policies that hold, or from none; one
 * that is over a limit is answered 429 with `Retry-After`. Answers say what is left in `RateLimit` and `RateLimit-Policy`.
 *
 * @example
 * ```ts
 * import { glamMiddleware, implement, rateLimit } from "@glam/shared/api";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const limits = rateLimit({
 *   policies: [{ name: "burst", limit: 2, windowSeconds: 60 }],
 *   key: (c) => c.req.raw.headers.get("authorization") ?? undefined,
 * });
 * const app = new Hono();
 * app.use(glamMiddleware({ guards: { rateLimit: limits } }));
 * implement(app, defineEndpoint("GET /time", { data: z.number() }), () => Date.now());
 *
 * const statuses = [];
 * for (let i = 0; i < 3; i++) {
 *   const response = await app.request("/time", { headers: { Authorization: "a" } });
 *   statuses.push(response.status);
 * }
 * console.log(statuses); // [ 200, 200, 429 ]
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when a number is out of its range.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  const settings = resolveSettings(options);
  const { policies, store } = settings;
  const limiter = new Limiter(settings);
  const all = toStages([...policies.values()]);
  const everywhere = toStages([...policies.values()].filter((policy) => policy.everywhere));
  const named = new WeakMap<AnyEndpoint, Stages>();

  function stagesOf(endpoint: AnyEndpoint): Stages {
    if (endpoint.rateLimit === undefined) return everywhere;
    let stages = named.get(endpoint);
    if (stages === undefined) named.set(endpoint, stages = toStages(policiesOf(endpoint, policies)));
    return stages;
  }

  async function limit(c: ContextLike, next: NextLike): Promise<void> {
    await limiter.take(c, all.address, "address");
    await limiter.take(c, all.caller, "caller");
    await next();
    if (stateOf(c) === undefined) writeFields(c);
  }

  const guard: RateLimit = Object.assign(limit, {
    holdsFor: (endpoint: AnyEndpoint, stage: RateLimitStage) => stagesOf(endpoint)[stage] !== undefined,
    take: (c: ContextLike, endpoint: AnyEndpoint, stage: RateLimitStage) =>
      limiter.take(c, stagesOf(endpoint)[stage], stage),
    check: (endpoint: AnyEndpoint) => void policiesOf(endpoint, policies),
    cleanUp: async (options: { readonly signal: AbortSignal }) => await store.cleanUp(options),
    ...store.ping !== undefined && { ping: async () => await store.ping?.() },
  });
  return markRoute(guard, { middleware: guard });
}

/** The policies of a request, by when they are taken. */
type Stages = { readonly [Stage in RateLimitStage]: PolicySet | undefined };

function toStages(policies: readonly Policy[]): Stages {
  return {
    address: toPolicySet(policies.filter(({ by }) => by === "address")),
    caller: toPolicySet(policies.filter(({ by }) => by === "caller")),
  };
}

/** The policies that the contract of an endpoint names. */
function policiesOf({ route, rateLimit = [] }: AnyEndpoint, policies: ReadonlyMap<string, Policy>): Policy[] {
  return rateLimit.map((name) => {
    const policy = policies.get(name);
    if (policy !== undefined) return policy;
    throw new TypeError(
      `The endpoint "${route}" names the policy "${name}" of the rate limit; there are ${
        [...policies.keys()].join(", ")
      }`,
    );
  });
}
