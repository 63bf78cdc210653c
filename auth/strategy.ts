import type { Principal } from "../api/guards.ts";
import type { LoggerLike } from "../logging/logger.ts";

/** What a request carries to prove who sends it. */
export interface Credential {
  /** Name of the header that it was in, in lower case. */
  readonly header: string;
  /** The bearer token, or the value of the header. */
  readonly value: string;
  /** What a JWT says of itself, to choose a strategy by; nothing of it is verified. */
  readonly unverified?: UnverifiedToken | undefined;
}

/** Header and claims of a JWT, before its signature was looked at. */
export interface UnverifiedToken {
  /** The JOSE header. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What the context of a request can have of a credential. Numbers become text; anything else refuses the request. */
export interface IdentityContext {
  /** Tenant. */
  readonly merchantId?: unknown;
  /** Shop domain of the tenant. */
  readonly merchantDomain?: unknown;
  /** User. */
  readonly userId?: unknown;
}

/** A credential that was found right. */
export interface VerifiedCredential {
  /** Who sent the request. */
  readonly principal: Principal;
  /** What the context of the request has of it, unless `toContext` says otherwise. */
  readonly context: IdentityContext;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
}

/** One way to prove who calls: what `jwt()`, `serviceToken()`, `apiKey()` and `shopifySession()` give. */
export interface AuthenticationStrategy {
  /** Its name, in the log and in `securitySchemes` of the OpenAPI document; `kind` of its principals. */
  readonly name: string;
  /** The header that it reads, in lower case; `authorization` means a bearer token. */
  readonly header: string;
  /** Its security scheme of OpenAPI. */
  readonly securityScheme: Readonly<Record<string, unknown>>;
  /** Whether a credential is for this strategy. The first strategy that says so is the only one that is asked. */
  takes(credential: Credential): boolean;
  /**
   * Proves who sent the request.
   *
   * @throws {UnauthorizedError} when the credential is wrong. Its message goes into the log, and never to the client.
   */
  verify(credential: Credential, logger: LoggerLike | undefined): Promise<VerifiedCredential>;
}
