import { UnauthorizedError } from "../errors/common.ts";
import { assertNumber } from "../internal/assert_number.ts";
import { keysOf } from "./_keys_of.ts";
import { assertAudience, assertName, assertText } from "./_options.ts";
import {
  isKeyOf,
  isServiceName,
  MAX_LIFETIME_SECONDS,
  SERVICE_ALGORITHMS,
  SERVICE_TYPE,
} from "./_service_token_format.ts";
import { typeOf, verifyJwt } from "./_verify_jwt.ts";
import type { KeySource } from "./key_set.ts";
import type { AuthenticationStrategy } from "./strategy.ts";

/** Options of {@link serviceToken}. */
export interface ServiceTokenOptions {
  /** Name of this service: tokens for any other are refused. */
  readonly audience: string;
  /** The public keys of the services that may call. The `kid` of each is the name of its service, or starts with it and "/". */
  readonly keys: KeySource;
  /**
   * The services that may call, or the scopes that each of them has: a service signs its own tokens, so that it is not for
   * it to say what it may do. A list gives no scopes.
   */
  readonly callers: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /**
   * Seconds that the clock of the caller may differ, from 0 to 60.
   * @default 10
   */
  readonly clockToleranceSeconds?: number | undefined;
  /**
   * Name of the strategy.
   * @default "serviceToken"
   */
  readonly name?: string | undefined;
}

/**
 * Tokens that the services of a fleet sign for each call, made by `createServiceTokenSource`: for one audience, and for
 * minutes at most. The calling service is `caller` of the principal and `sourceService` of the context, by which its
 * deadlines are believed. Tenant and user are those of the claims `merchant_id` and `user_id`.
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when `clockToleranceSeconds` is out of its range.
 */
export function serviceToken(options: ServiceTokenOptions): AuthenticationStrategy {
  const { audience, keys: source, callers, clockToleranceSeconds = 10, name = "serviceToken" } = options;
  assertText("audience", audience);
  assertAudience(audience);
  assertNumber("clockToleranceSeconds", clockToleranceSeconds, 0, 60);
  assertName(name);
  const scopes = scopesOfCallers(callers);
  const keys = keysOf("keys", source);
  return {
    name,
    header: "authorization",
    securityScheme: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    takes: ({ unverified }) => unverified !== undefined && typeOf(unverified.header) === SERVICE_TYPE,
    async verify({ value, unverified }, logger) {
      const caller = unverified!.claims["iss"];
      const granted = typeof caller === "string" ? scopes.get(caller) : undefined;
      if (granted === undefined) {
        throw new UnauthorizedError("The calling service (`iss`) is not one of `callers`");
      }
      const issuer = caller as string;
      const rules = { issuer, audience, algorithms: SERVICE_ALGORITHMS, clockToleranceSeconds };
      if (!isKeyOf(issuer, unverified!.header["kid"])) {
        throw new UnauthorizedError(
          "The key of the token (`kid`) is not one of the service that it names (`iss`)",
        );
      }
      const { claims } = await verifyJwt(value, keys, rules, logger);
      const { iat, exp } = claims;
      if (typeof iat !== "number" || exp - iat > MAX_LIFETIME_SECONDS) {
        throw new UnauthorizedError(`The token is valid for more than ${MAX_LIFETIME_SECONDS} seconds`);
      }
      return {
        principal: { kind: "service", subject: claims.sub, caller: issuer, scopes: granted, claims },
        context: { merchantId: claims["merchant_id"], userId: claims["user_id"] },
        expiresAt: exp * 1000,
      };
    },
  };
}

function scopesOfCallers(callers: ServiceTokenOptions["callers"]): ReadonlyMap<string, readonly string[]> {
  const entries: readonly (readonly [string, readonly string[]])[] = Array.isArray(callers)
    ? callers.map((caller) => [caller, []])
    : Object.entries(callers ?? {});
  for (const [caller, scopes] of entries) {
    if (isServiceName(caller) && Array.isArray(scopes)) continue;
    throw new TypeError(
      `Expected \`callers\` to be names of services, or their scopes by these, got ${JSON.stringify(caller)}`,
    );
  }
  if (entries.length === 0) throw new TypeError("Expected `callers` to name at least one service");
  return new Map(entries);
}
