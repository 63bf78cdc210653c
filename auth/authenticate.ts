import type { ContextLike, NextLike } from "../api/_hono.ts";
import { markRoute } from "../api/_route_meta.ts";
import type { AuthenticationGuard, Principal } from "../api/guards.ts";
import { requestLogger } from "../api/request_logger.ts";
import { currentContext, setContext } from "../context/storage.ts";
import { UnauthorizedError } from "../errors/common.ts";
import { isGlamError } from "../errors/glam_error.ts";
import { AUTHORIZATION, credentialOf, readCredential } from "./_credential.ts";
import { type Identity, toIdentity } from "./_identity.ts";
import { VerifiedCache } from "./_verified_cache.ts";
import type { AuthenticationStrategy, Credential, IdentityContext } from "./strategy.ts";

/** Options of {@link authenticate}. */
export interface AuthenticateOptions {
  /**
   * What the context of a request, its log lines and its rows get of who sent it; it replaces, member by member, what the
   * strategy says. The calling service is in `sourceService` in any case, and comes from a service token alone.
   * @default tenant and user as each strategy has them: the claims `merchant_id` and `sub` of a JWT
   */
  readonly toContext?: ((principal: Principal) => IdentityContext) | undefined;
}

/** A guard of endpoints, and a middleware for plain routes, which guards do not cover. */
export type Authentication =
  & AuthenticationGuard
  & ((c: ContextLike, next: NextLike) => Promise<void>);

/**
 * Proves who sends a request, by the one strategy that its credential is for. What that refuses is refused: no other one is
 * asked. The answer to every refusal is the same 401, and the log has the reason.
 *
 * With `glamMiddleware({ guards: { authenticate } })` every endpoint asks for a caller, unless its contract says `auth`.
 * Who it is, is in `c.var.principal`; tenant and user are in the context.
 *
 * @example
 * ```ts
 * import { glamMiddleware, implement } from "@glam/shared/api";
 * import { authenticate } from "@glam/shared/auth";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { testIdentity } from "@glam/shared/testing";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const ListItems = defineEndpoint("GET /items", { data: z.array(z.string()), scopes: ["items:read"] });
 * const maria = await testIdentity({ subject: "maria", scopes: ["items:read"] });
 *
 * const app = new Hono();
 * app.use(glamMiddleware({ guards: { authenticate: authenticate([maria.strategy]) } }));
 * implement(app, ListItems, () => ["lipstick"]);
 *
 * console.log((await app.request("/items")).status); // 401
 * console.log((await app.request("/items", { headers: maria.headers })).status); // 200
 * ```
 *
 * @throws {TypeError} when there is no strategy, or two have one name.
 */
export function authenticate(
  strategies: readonly AuthenticationStrategy[],
  options: AuthenticateOptions = {},
): Authentication {
  const { toContext } = options;
  assertStrategies(strategies);
  if (toContext !== undefined && typeof toContext !== "function") {
    throw new TypeError(`Expected \`toContext\` to be a function, got ${typeof toContext}`);
  }
  const headers = [...new Set(strategies.map(({ header }) => header))];
  const scheme = headers.includes(AUTHORIZATION) ? "Bearer" : "ApiKey";
  const known = new VerifiedCache<Identity>();

  async function identify(c: ContextLike, isOptional: boolean): Promise<Principal | undefined> {
    let strategy: AuthenticationStrategy | undefined;
    try {
      const credential = credentialOf(c.req.raw.headers, headers);
      if (credential !== undefined) {
        let identity = known.get(credential);
        if (identity === undefined) {
          const read = readCredential(credential);
          strategy = strategies.find((each) => each.header === read.header && each.takes(read));
          identity = await verify(strategy, read, c);
          known.set(credential, identity);
        }
        return enter(c, identity);
      }
    } catch (error) {
      if (!isGlamError(error) || error.status !== 401) throw error;
      requestLogger(c)?.info("Credential refused", { reason: error.message, strategy: strategy?.name });
      challenge(c, `${scheme} error="invalid_token"`);
      throw new UnauthorizedError(); // without the reason, and without what led to it
    }
    if (isOptional) return undefined;
    challenge(c, scheme);
    throw new UnauthorizedError();
  }

  async function verify(
    strategy: AuthenticationStrategy | undefined,
    credential: Credential,
    c: ContextLike,
  ): Promise<Identity> {
    if (strategy === undefined) throw new UnauthorizedError(unknownCredential(credential));
    return toIdentity(await strategy.verify(credential, requestLogger(c)), toContext);
  }

  async function authenticated(c: ContextLike, next: NextLike): Promise<void> {
    await identify(c, false);
    await next();
  }

  return Object.assign(markRoute(authenticated, { authenticates: true }), {
    securitySchemes: Object.fromEntries(strategies.map(({ name, securityScheme }) => [name, securityScheme])),
    identify,
  });
}

function enter(c: ContextLike, { principal, context }: Identity): Principal {
  c.set("principal" as never, principal as never);
  if (currentContext() !== undefined) setContext(context);
  return principal;
}

function challenge(c: ContextLike, value: string): void {
  c.header("WWW-Authenticate" as never, value as never);
}

function unknownCredential({ unverified }: Credential): string {
  return unverified === undefined
    ? "The token is not a JWT"
    : "No strategy takes tokens of this `iss` and `typ`";
}

function assertStrategies(strategies: readonly AuthenticationStrategy[]): void {
  if (!Array.isArray(strategies) || strategies.length === 0) {
    throw new TypeError("Expected `strategies` to be a list of at least one strategy, such as `jwt(...)`");
  }
  const names = new Set<string>();
  for (const { name, verify } of strategies as readonly Partial<AuthenticationStrategy>[]) {
    if (typeof name !== "string" || typeof verify !== "function") {
      throw new TypeError("Expected each strategy to be what `jwt()`, `serviceToken()` and their like give");
    }
    if (names.has(name)) {
      throw new TypeError(`Two strategies are called "${name}": give one of them a \`name\``);
    }
    names.add(name);
  }
}
