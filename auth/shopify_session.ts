import { UnauthorizedError } from "../errors/common.ts";
import { reveal, type Revealable } from "../internal/reveal.ts";
import { assertName, assertText } from "./_options.ts";
import { secretsOf } from "./_secrets.ts";
import { isPlainType, verifyJwt } from "./_verify_jwt.ts";
import type { AuthenticationStrategy } from "./strategy.ts";

/** Options of {@link shopifySession}. */
export interface ShopifySessionOptions {
  /** The app's API key (client id). */
  readonly apiKey: string;
  /** The app's API secret (client secret); during its rotation the new and the old one. */
  readonly apiSecret: string | Revealable | readonly (string | Revealable)[];
  /**
   * What every session may do: Shopify's tokens have no scopes.
   * @default []
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Name of the strategy.
   * @default "shopifySession"
   */
  readonly name?: string | undefined;
}

/** As Shopify's own library has it. */
const TOLERANCE_SECONDS = 10;
const LIFETIME_SECONDS = 60;
const SHOP = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/**
 * Session tokens of apps that are embedded in Shopify's admin: the context gets the shop as `merchantDomain` and the user
 * of the shop as `userId`.
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function shopifySession(options: ShopifySessionOptions): AuthenticationStrategy {
  const { apiKey, apiSecret, scopes = [], name = "shopifySession" } = options;
  assertText("apiKey", reveal(apiKey));
  assertName(name);
  const secrets = secretsOf("apiSecret", apiSecret).map((secret) => new TextEncoder().encode(secret));
  const rules = { audience: apiKey, algorithms: ["HS256"], clockToleranceSeconds: TOLERANCE_SECONDS };
  return {
    name,
    header: "authorization",
    securityScheme: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    takes: ({ unverified }) =>
      unverified !== undefined && isPlainType(unverified.header) &&
      shopOf(unverified.claims["iss"]) !== undefined,
    async verify({ value }, logger) {
      let refusal: unknown;
      for (const secret of secrets) {
        try {
          return toVerified((await verifyJwt(value, secret, rules, logger)).claims);
        } catch (error) {
          refusal ??= error;
        }
      }
      throw refusal;
    },
  };

  function toVerified(claims: Awaited<ReturnType<typeof verifyJwt>>["claims"]) {
    const shop = shopOf(claims["dest"]);
    if (shop === undefined || shop !== shopOf(claims["iss"])) {
      throw new UnauthorizedError("`iss` and `dest` of the session token do not name the same shop");
    }
    if (claims.exp > Date.now() / 1000 + LIFETIME_SECONDS + TOLERANCE_SECONDS) {
      throw new UnauthorizedError(`The session token is valid for more than ${LIFETIME_SECONDS} seconds`);
    }
    const kind = name === "shopifySession" ? "shopify" : name;
    return {
      principal: { kind, subject: claims.sub, scopes: [...scopes], claims },
      context: { merchantDomain: shop, userId: claims.sub },
      expiresAt: claims.exp * 1000,
    };
  }
}

/** The host of a shop's URL. */
function shopOf(url: unknown): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  const { protocol, host, username, password } = new URL(url);
  return protocol === "https:" && username + password === "" && SHOP.test(host) ? host : undefined;
}
