import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { jwt } from "../auth/jwt.ts";
import type { JsonWebKeySet } from "../auth/key_set.ts";
import type { AuthenticationStrategy } from "../auth/strategy.ts";

/** Options of {@link testIdentity}. */
export interface TestIdentityOptions {
  /**
   * Who it is: `sub` of the token, and `userId` of the context.
   * @default "test-user"
   */
  readonly subject?: string | undefined;
  /**
   * Tenant: the claim `merchant_id`.
   * @default none
   */
  readonly merchantId?: string | undefined;
  /**
   * What the caller may do.
   * @default []
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Further claims.
   * @default none
   */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Issuer of the token, as the service under test is configured.
   * @default "https://issuer.test/"
   */
  readonly issuer?: string | undefined;
  /**
   * Audience of the token, as the service under test is configured.
   * @default "test"
   */
  readonly audience?: string | undefined;
  /**
   * Seconds that the token is valid; a negative number makes one that has expired.
   * @default 3600
   */
  readonly expiresInSeconds?: number | undefined;
}

/** A caller of a service under test. */
export interface TestIdentity {
  /** A signed JWT. */
  readonly token: string;
  /** The header that has it: `app.request("/items", { headers })`. */
  readonly headers: { readonly Authorization: string };
  /** Takes the tokens of all test identities with this issuer and audience. */
  readonly strategy: AuthenticationStrategy;
  /** The public key, for a service that is given keys instead of strategies. */
  readonly jwks: JsonWebKeySet;
}

interface Keys {
  readonly privateKey: CryptoKey;
  readonly jwks: JsonWebKeySet;
}

/** Made anew in each process, so that nobody can sign what a forgotten test strategy would take. */
let keys: Promise<Keys> | undefined;

/**
 * A caller with a token that is really signed and really checked, for tests of a service. All identities of a process are
 * signed with one key.
 *
 * @example
 * ```ts
 * import { authenticate } from "@glam/shared/auth";
 * import { testIdentity } from "@glam/shared/testing";
 *
 * const maria = await testIdentity({ subject: "maria", merchantId: "m1", scopes: ["items:read"] });
 * const guards = { authenticate: authenticate([maria.strategy]) };
 * // const app = createApp({ guards });
 * // await app.request("/items", { headers: maria.headers });
 * console.log(Object.keys(guards)); // ["authenticate"]
 * ```
 */
export async function testIdentity(options: TestIdentityOptions = {}): Promise<TestIdentity> {
  const {
    subject = "test-user",
    merchantId,
    scopes = [],
    claims,
    issuer = "https://issuer.test/",
    audience = "test",
    expiresInSeconds = 3600,
  } = options;
  const { privateKey, jwks } = await (keys ??= makeKeys());
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({
    ...(merchantId !== undefined && { merchant_id: merchantId }),
    scope: scopes.join(" "),
    ...claims,
  })
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: "test" })
    .setIssuer(issuer).setAudience(audience).setSubject(subject)
    .setIssuedAt(now).setExpirationTime(now + expiresInSeconds)
    .sign(privateKey);
  return {
    token,
    headers: { Authorization: `Bearer ${token}` },
    strategy: jwt({ issuer, audience, jwks }),
    jwks,
  };
}

async function makeKeys(): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return { privateKey, jwks: { keys: [{ ...await exportJWK(publicKey), kid: "test", alg: "ES256" }] } };
}
