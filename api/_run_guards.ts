import type { AnyEndpoint } from "../contract/endpoint.ts";
import { UnauthorizedError } from "../errors/common.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";
import type { AuthenticationGuard, Guards, RateLimitGuard } from "./guards.ts";
import { requireAll } from "./required_scopes.ts";

/** A handler or a middleware of Hono. */
type Handler = (c: ContextLike, next: () => Promise<void>) => unknown;

/**
 * Runs the guards of an application before the first handler of an endpoint, in this order: policies of the rate limit by
 * address, authentication, scopes, policies by caller. The guard of repetitions comes later, when the request was found
 * valid.
 */
export function guardedBy(endpoint: AnyEndpoint, first: Handler): Handler {
  const needed = neededGuards(endpoint);
  return (c, next) => {
    const guards = stateOf(c)?.settings.guards;
    if (guards === undefined && needed.length === 0) return first(c, next);
    const guarding = passGuards(c, endpoint, guards ?? NO_GUARDS, needed);
    return guarding === undefined ? first(c, next) : guarding.then(() => first(c, next));
  };
}

/** The guards without which an endpoint does not answer. */
export function neededGuards({ auth, scopes, rateLimit, idempotent }: AnyEndpoint): (keyof Guards)[] {
  return [
    ...scopes.length > 0 || (auth !== undefined && auth !== "none") ? ["authenticate" as const] : [],
    ...rateLimit !== undefined && rateLimit.length > 0 ? ["rateLimit" as const] : [],
    ...idempotent !== undefined ? ["idempotency" as const] : [],
  ];
}

/** The first guard that an endpoint needs and the application does not have. */
export function missingGuard(endpoint: AnyEndpoint, guards: Guards): keyof Guards | undefined {
  return neededGuards(endpoint).find((name) => guards[name] === undefined);
}

/** The error of an endpoint whose application does not guard it. */
export function unguarded({ route }: AnyEndpoint, missing: keyof Guards): TypeError {
  return new TypeError(
    `The endpoint "${route}" needs the guard \`${missing}\`: give it with \`glamMiddleware({ guards: { ${missing} } })\``,
  );
}

const NO_GUARDS: Guards = {};

/** `undefined` where nothing guards the endpoint, or nothing that has to be waited for. */
function passGuards(
  c: ContextLike,
  endpoint: AnyEndpoint,
  guards: Guards,
  needed: readonly (keyof Guards)[],
): Promise<void> | undefined {
  const missing = needed.find((name) => guards[name] === undefined);
  if (missing !== undefined) throw unguarded(endpoint, missing); // fails closed
  const { rateLimit } = guards;
  const authenticate = endpoint.auth === "none" ? undefined : guards.authenticate;
  const byAddress = rateLimit?.holdsFor(endpoint, "address") ? rateLimit : undefined;
  const byCaller = rateLimit?.holdsFor(endpoint, "caller") ? rateLimit : undefined;
  if (authenticate !== undefined) return passInOrder(c, endpoint, { byAddress, authenticate, byCaller });
  const taking = byAddress?.take(c, endpoint, "address");
  if (byCaller === undefined) return taking;
  if (taking !== undefined) return taking.then(() => byCaller.take(c, endpoint, "caller"));
  return byCaller.take(c, endpoint, "caller");
}

interface Passed {
  readonly byAddress: RateLimitGuard | undefined;
  readonly authenticate: AuthenticationGuard;
  readonly byCaller: RateLimitGuard | undefined;
}

async function passInOrder(
  c: ContextLike,
  endpoint: AnyEndpoint,
  { byAddress, authenticate, byCaller }: Passed,
): Promise<void> {
  if (byAddress !== undefined) await byAddress.take(c, endpoint, "address");
  const isOptional = endpoint.auth === "optional";
  const principal = await authenticate.identify(c, isOptional);
  if (principal !== undefined) requireAll(c, endpoint.scopes, principal.scopes);
  else if (!isOptional) throw new UnauthorizedError();
  if (byCaller !== undefined) await byCaller.take(c, endpoint, "caller");
}
