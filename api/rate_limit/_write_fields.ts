import { type ContextLike, replaceResponse } from "../_hono.ts";
import { stateOf } from "../_request_state.ts";
import type { RateLimitFields } from "./_rate_limit_fields.ts";

const FIELDS = Symbol("fields") as never;

/** Keeps the fields for the answer, beside those that are there. */
export function keepFields(c: ContextLike, fields: RateLimitFields, passed: boolean): void {
  const state = stateOf(c);
  if (state !== undefined) {
    state.rateLimit = merged(state.rateLimit, fields);
    return;
  }
  const all = merged(c.get(FIELDS) as RateLimitFields | undefined, fields);
  c.set(FIELDS, all as never);
  if (passed) return;
  // An error handler makes the answer, which gets what was set on the context.
  for (const [name, value] of toHeaders(all)) c.header(name as never, value as never);
}

function merged(before: RateLimitFields | undefined, { policy, limit }: RateLimitFields): RateLimitFields {
  if (before === undefined) return { policy, limit };
  return { policy: `${before.policy}, ${policy}`, limit: `${before.limit}, ${limit}` };
}

function toHeaders({ policy, limit }: RateLimitFields): [name: string, value: string][] {
  return [["RateLimit-Policy", policy], ["RateLimit", limit]];
}

/** Sets the fields on the answer; a `glamMiddleware` does so by itself. */
export function writeFields(c: ContextLike): void {
  const fields = c.get(FIELDS) as RateLimitFields | undefined;
  if (fields === undefined || c.res.status === 101) return;
  try {
    for (const [name, value] of toHeaders(fields)) c.res.headers.set(name, value);
  } catch { // a response of fetch() has immutable headers
    replaceResponse(c, new Response(c.res.body, c.res));
    writeFields(c);
  }
}
