import { assertNumber } from "../internal/assert_number.ts";
import { scopesOf } from "./_identity.ts";
import { keysOf } from "./_keys_of.ts";
import { assertAudience, assertName, assertText } from "./_options.ts";
import { isPlainType, verifyJwt } from "./_verify_jwt.ts";
import type { KeySource } from "./key_set.ts";
import type { AuthenticationStrategy } from "./strategy.ts";

/** Signature algorithms of tokens that others issue: those whose keys are public. */
export type JwtAlgorithm =
  | "EdDSA"
  | "Ed25519"
  | "ES256"
  | "ES384"
  | "ES512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "RS256"
  | "RS384"
  | "RS512";

/** Options of {@link jwt}. */
export interface JwtOptions {
  /** Who issues the tokens: their `iss`, letter by letter. */
  readonly issuer: string;
  /** Who they are for: one of these must be in their `aud`. */
  readonly audience: string | readonly string[];
  /** The issuer's public keys. */
  readonly jwks: KeySource;
  /**
   * Signature algorithms that are taken.
   * @default ["ES256", "EdDSA", "RS256"]
   */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined;
  /**
   * Seconds that the clock of the issuer may differ, from 0 to 300. Tokens are valid for so much longer.
   * @default 10
   */
  readonly clockToleranceSeconds?: number | undefined;
  /**
   * Name of the strategy, and `kind` of its principals.
   * @default "jwt"
   */
  readonly name?: string | undefined;
}

const ALGORITHMS: ReadonlySet<string> = /* @__PURE__ */ new Set<JwtAlgorithm>(
  ["EdDSA", "Ed25519", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
);

/**
 * Bearer tokens that an issuer signs for its users: JWTs with `iss`, `aud`, `exp` and `sub`. Scopes are in `scope` or `scp`.
 * The context gets the user from `sub` and the tenant from `merchant_id`.
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when `clockToleranceSeconds` is out of its range.
 */
export function jwt(options: JwtOptions): AuthenticationStrategy {
  const {
    issuer,
    audience,
    jwks,
    algorithms = ["ES256", "EdDSA", "RS256"],
    clockToleranceSeconds = 10,
    name = "jwt",
  } = options;
  assertText("issuer", issuer);
  assertAudience(audience);
  assertNumber("clockToleranceSeconds", clockToleranceSeconds, 0, 300);
  assertName(name);
  for (const algorithm of algorithms) {
    if (ALGORITHMS.has(algorithm)) continue;
    throw new TypeError(
      `Expected \`algorithms\` to be of ${[...ALGORITHMS].join(", ")}, got ${JSON.stringify(algorithm)}`,
    );
  }
  const keys = keysOf("jwks", jwks);
  const rules = { issuer, audience, algorithms, clockToleranceSeconds };
  return {
    name,
    header: "authorization",
    securityScheme: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    takes: ({ unverified }) => unverified?.claims["iss"] === issuer && isPlainType(unverified.header),
    async verify({ value }, logger) {
      const { claims } = await verifyJwt(value, keys, rules, logger);
      return {
        principal: { kind: name, subject: claims.sub, scopes: scopesOf(claims), claims },
        context: { merchantId: claims["merchant_id"], userId: claims.sub },
        expiresAt: claims.exp * 1000,
      };
    },
  };
}
