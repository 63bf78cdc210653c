import type { ContextLike, NextLike } from "../api/_hono.ts";
import type { Principal } from "../api/guards.ts";
import { requireAll } from "../api/required_scopes.ts";
import { UnauthorizedError } from "../errors/common.ts";

/**
 * A middleware for plain routes behind `authenticate`: the caller must have all of these scopes, or is answered 403 with
 * `details.required_scopes`. The contract of an endpoint says `scopes` instead.
 *
 * @throws {TypeError} when there is no scope.
 */
export function requireScopes(...scopes: string[]): (c: ContextLike, next: NextLike) => Promise<void> {
  if (scopes.length === 0 || scopes.some((scope) => typeof scope !== "string" || scope === "")) {
    throw new TypeError('Expected `scopes` to be at least one, such as "items:write"');
  }
  return async function scoped(c, next) {
    const principal = c.get("principal" as never) as Principal | undefined;
    if (principal === undefined) throw new UnauthorizedError();
    requireAll(c, scopes, principal.scopes);
    await next();
  };
}
