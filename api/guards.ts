import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { EndpointContext } from "./_endpoint_context.ts";
import type { EndpointParts } from "./_endpoint_input.ts";
import type { ContextLike } from "./_hono.ts";

/**
 * The guards of an application: who may call its endpoints, how often, and that a repetition has no second effect.
 * An endpoint's contract says which of them it needs.
 */
export interface Guards {
  /** Proves who calls: `authenticate(...)`. With it, every endpoint needs a caller unless it says `auth: "none"`. */
  readonly authenticate?: AuthenticationGuard | undefined;
  /** How often one address and one caller may call: `rateLimit(...)`. */
  readonly rateLimit?: RateLimitGuard | undefined;
  /** Recognises the repetition of a request: `idempotency(...)`. */
  readonly idempotency?: IdempotencyGuard | undefined;
}

/** Who sent a request, as a credential proved it; handlers find it as `c.var.principal`. */
export interface Principal {
  /** What proved it: `jwt`, `service`, `api_key`, `shopify`, or a name of one's own. */
  readonly kind: string;
  /** Id of the user, service or key. */
  readonly subject: string;
  /** Name of the service that calls, of a service token. */
  readonly caller?: string | undefined;
  /** What the caller may do. */
  readonly scopes: readonly string[];
  /** What else the credential says. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What all guards have. */
export interface Guard {
  /**
   * Checks, when the application is known, that the guard can do what an endpoint's contract asks for.
   *
   * @throws {TypeError} when it cannot.
   */
  check?(endpoint: AnyEndpoint, guards: Guards): void;
  /**
   * Resolves when the guard can do its work: its database answers and has its table. A service asks before it listens.
   *
   * @throws {GlamError} when it cannot.
   */
  ping?(): Promise<void>;
  /** Deletes what it has stored and needs no more; a running service calls it, and aborts the signal when it stops. */
  cleanUp?(options: { readonly signal: AbortSignal }): Promise<unknown>;
  /**
   * Milliseconds between two calls of {@link Guard.cleanUp}.
   * @default 60000
   */
  readonly cleanUpEveryMs?: number | undefined;
}

/** Proves who calls. */
export interface AuthenticationGuard extends Guard {
  /** Security schemes of OpenAPI by their names. Each is enough by itself. */
  readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /**
   * Proves who sent the request, and puts it into the context of the request. `undefined` where there is no credential
   * and `isOptional`.
   *
   * @throws {UnauthorizedError} when a credential is wrong, or there is none and it is not optional.
   */
  identify(c: ContextLike, isOptional: boolean): Promise<Principal | undefined>;
}

/** Which policies of a rate limit: those that tell callers apart by their address, or those that do so by who they are. */
export type RateLimitStage = "address" | "caller";

/** How often one address and one caller may call. */
export interface RateLimitGuard extends Guard {
  /** Whether policies of that stage hold for an endpoint. */
  holdsFor(endpoint: AnyEndpoint, stage: RateLimitStage): boolean;
  /**
   * Takes what the request costs from the policies of that stage that hold for the endpoint; `undefined` when that is done
   * at once.
   *
   * @throws {RateLimitedError} when one of them has not enough left; then nothing is taken.
   */
  take(c: ContextLike, endpoint: AnyEndpoint, stage: RateLimitStage): Promise<void> | undefined;
}

/** A request of an endpoint that was found valid. */
export interface KeyedRequest {
  /** The contract. */
  readonly endpoint: AnyEndpoint;
  /** The parts of the request, as the contract's schemas gave them. */
  readonly parts: EndpointParts;
}

/** Recognises the repetition of a request. */
export interface IdempotencyGuard extends Guard {
  /** Gives the answer of the handler, which `respond` calls, or that of the first request with the same key. */
  run(c: EndpointContext, request: KeyedRequest, respond: () => Promise<Response>): Promise<Response>;
}
