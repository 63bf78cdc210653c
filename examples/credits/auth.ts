import {
  authenticate,
  type Authentication,
  type JsonWebKeySet,
  jwt,
  type Principal,
  serviceToken,
} from "@glam/shared/auth";
import { getContext } from "@glam/shared/context";
import { NotFoundError } from "@glam/shared/errors";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Whose tokens the service takes. */
export interface AuthConfig {
  readonly issuer: string;
  readonly audience: string;
  /** The issuer's public keys: a URL, or the keys as JSON. */
  readonly jwks?: string | undefined;
  /** The public keys of the services that may call, in the same form; without them none may. */
  readonly services?: string | undefined;
}

/**
 * Takes tokens with the claim `merchant_id`, of a merchant, or with the scope `merchants:all`, of an operator; and those of
 * services that call for a merchant.
 */
export function authentication(config: AuthConfig & { readonly jwks: string }): Authentication {
  const { issuer, audience, jwks, services } = config;
  const people = jwt({ issuer, audience, jwks: keysOf(jwks) });
  if (services === undefined) return authenticate([people]);
  const callers = { orders: ["credits:refund", "credits:write"] };
  return authenticate([people, serviceToken({ audience, keys: keysOf(services), callers })]);
}

function keysOf(text: string): string | JsonWebKeySet {
  return text.startsWith("{") ? JSON.parse(text) : text;
}

/** What the middleware below needs of a context. */
interface AccountContext {
  readonly req: { param(name: "id"): string | undefined };
  readonly var: { readonly principal?: Principal };
}

/** Lets a merchant see its own account, and an operator all of them. To others an account is not there. */
export async function ownAccount(
  { req, var: { principal } }: AccountContext,
  next: () => Promise<void>,
): Promise<void> {
  const id = req.param("id");
  if (getContext()?.merchantId !== id && !principal?.scopes.includes("merchants:all")) {
    throw new NotFoundError(`Merchant ${id} not found`, { resource: "merchant", resourceId: id });
  }
  await next();
}

/** A token of the merchant `demo` for a day, and the key that it is signed with. Both end with the process. */
export async function createDemoToken(
  config: { readonly issuer: string; readonly audience: string | string[] },
  scope = "credits:read credits:write",
): Promise<{ readonly token: string; readonly jwks: string }> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  const token = await new SignJWT({ merchant_id: "demo", scope })
    .setProtectedHeader({ alg: "EdDSA", kid: "demo" })
    .setIssuer(config.issuer).setAudience(config.audience).setSubject("you").setExpirationTime("1 day")
    .sign(privateKey);
  return {
    token,
    jwks: JSON.stringify({ keys: [{ ...await exportJWK(publicKey), kid: "demo", alg: "EdDSA" }] }),
  };
}
