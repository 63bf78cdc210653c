import { type CryptoKey, importJWK, importPKCS8, type JWK, SignJWT } from "jose";
import { assertNumber } from "../internal/assert_number.ts";
import { reveal, type Revealable } from "../internal/reveal.ts";
import { assertText } from "./_options.ts";
import {
  isKeyOf,
  isServiceName,
  MAX_LIFETIME_SECONDS,
  SERVICE_ALGORITHMS,
  SERVICE_TYPE,
} from "./_service_token_format.ts";

/** Signature algorithms of service tokens. */
export type ServiceTokenAlgorithm = "EdDSA" | "ES256";

/** Options of {@link createServiceTokenSource}. */
export interface ServiceTokenSourceOptions {
  /** Name of this service. */
  readonly issuer: string;
  /** Its private key: PKCS #8 as PEM, or a JWK, as an object or as JSON; or a secret of the configuration with one of these. */
  readonly privateKey: string | Revealable | Readonly<Record<string, unknown>>;
  /**
   * Name of the key in the fleet's set: the name of the service, or that, "/" and more.
   * @default the `kid` of a JWK, else `issuer`
   */
  readonly keyId?: string | undefined;
  /**
   * What the key signs with.
   * @default the `alg` of a JWK, or what its curve says, else "ES256"
   */
  readonly algorithm?: ServiceTokenAlgorithm | undefined;
  /**
   * Seconds that a token is valid, from 10 to 300.
   * @default 60
   */
  readonly lifetimeSeconds?: number | undefined;
  /**
   * Further claims of the tokens, asked for each time: `merchant_id` and `user_id`, for which the call is made.
   * @default none
   */
  readonly claims?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** Gives a token for calls of a service. */
export type ServiceTokenSource = (audience: string) => Promise<string>;

/** So many tokens are kept for further calls. */
const MAX_TOKENS = 1000;

interface Signed {
  readonly token: Promise<string>;
  readonly renewAt: number;
}

/**
 * Signs tokens for calls of other services, which `serviceToken` checks there. A token is used again until half of its time
 * is over.
 *
 * @example
 * ```ts
 * import { createServiceTokenSource } from "@glam/shared/auth";
 * import { generateKeyPair, exportPKCS8 } from "jose";
 *
 * const { privateKey } = await generateKeyPair("ES256", { extractable: true });
 * const tokenFor = createServiceTokenSource({ issuer: "orders", privateKey: await exportPKCS8(privateKey) });
 *
 * // createServiceClient({ headers: async () => ({ authorization: `Bearer ${await tokenFor("catalog")}` }), ... })
 * console.log((await tokenFor("catalog")).split(".").length); // 3
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when `lifetimeSeconds` is out of its range.
 */
export function createServiceTokenSource(options: ServiceTokenSourceOptions): ServiceTokenSource {
  const { issuer, privateKey, lifetimeSeconds = 60, claims } = options;
  if (!isServiceName(issuer)) {
    throw new TypeError(
      `Expected \`issuer\` to be 1 to 128 letters, digits, ".", "_" and "-", got ${JSON.stringify(issuer)}`,
    );
  }
  assertNumber("lifetimeSeconds", lifetimeSeconds, 10, MAX_LIFETIME_SECONDS);
  const given = parseKey(reveal(privateKey));
  const jwk = typeof given === "string" ? undefined : given;
  const { keyId = jwk?.kid ?? issuer, algorithm = jwk?.alg ?? (jwk?.kty === "OKP" ? "EdDSA" : "ES256") } =
    options;
  if (!isKeyOf(issuer, keyId)) {
    throw new TypeError(
      `Expected \`keyId\` to be "${issuer}", or to start with "${issuer}/", got "${keyId}"`,
    );
  }
  if (!SERVICE_ALGORITHMS.includes(algorithm)) {
    throw new TypeError(`Expected \`algorithm\` to be "EdDSA" or "ES256", got ${JSON.stringify(algorithm)}`);
  }
  let key: Promise<CryptoKey | Uint8Array> | undefined;
  const signed = new Map<string, Signed>();

  async function sign(audience: string, more: Readonly<Record<string, unknown>>): Promise<string> {
    key ??= importKey(given, algorithm);
    const now = Math.floor(Date.now() / 1000);
    return await new SignJWT({ ...more })
      .setProtectedHeader({ alg: algorithm, typ: SERVICE_TYPE, kid: keyId })
      .setIssuer(issuer).setSubject(issuer).setAudience(audience)
      .setIssuedAt(now).setExpirationTime(now + lifetimeSeconds).setJti(crypto.randomUUID())
      .sign(await key);
  }

  return async function tokenFor(audience) {
    assertText("audience", audience);
    const more = claims?.() ?? {};
    const name = JSON.stringify([audience, more]);
    const known = signed.get(name);
    if (known !== undefined && Date.now() < known.renewAt) return await known.token;
    if (signed.size >= MAX_TOKENS) signed.delete(signed.keys().next().value!);
    const token = sign(audience, more);
    signed.delete(name); // so that it is the newest
    signed.set(name, { token, renewAt: Date.now() + lifetimeSeconds * 500 });
    token.catch(() => signed.delete(name));
    return await token;
  };
}

/** PEM stays a text. Messages do not show the key. */
function parseKey(given: unknown): string | JWK {
  let key = given;
  if (typeof key === "string" && key.trimStart().startsWith("{")) {
    try {
      key = JSON.parse(key);
    } catch {
      key = undefined;
    }
  }
  if (typeof key === "string" && key.includes("-----BEGIN PRIVATE KEY-----")) return key;
  if (typeof key === "object" && key !== null && typeof (key as JWK).d === "string") return key as JWK;
  throw new TypeError("Expected `privateKey` to be a private key, as PKCS #8 in PEM or as a JWK");
}

async function importKey(key: string | JWK, algorithm: string): Promise<CryptoKey | Uint8Array> {
  try {
    return typeof key === "string" ? await importPKCS8(key, algorithm) : await importJWK(key, algorithm);
  } catch {
    throw new TypeError(`Expected \`privateKey\` to be a key of ${algorithm}`);
  }
}
