import type { RequestContext } from "../context/request_context.ts";
import type { GlamError } from "../errors/glam_error.ts";
import type { ContextLike } from "./_hono.ts";
import type { Settings } from "./_settings.ts";

// Registered symbols, so that every copy of the package finds the request of an outer glamMiddleware. Three variables
// and no object around them: one allocation less for each request.
const CONTEXT = Symbol.for("@glam/shared.api.context.v1") as never;
const SETTINGS = Symbol.for("@glam/shared.api.settings.v1") as never;
const ANSWERED = Symbol.for("@glam/shared.api.answered.v1") as never;

/** A request and the options of its `glamMiddleware`. */
export interface RequestState {
  /** Ids and trace of the request. */
  readonly context: RequestContext;
  /** The middleware's options. */
  readonly settings: Settings;
}

/** Starts a request. */
export function startRequest(c: ContextLike, context: RequestContext, settings: Settings): void {
  c.set(CONTEXT, context as never);
  c.set(SETTINGS, settings as never);
  c.set("requestId" as never, context.requestId as never);
  c.set("correlationId" as never, context.correlationId as never);
}

/** The context of the request, or `undefined` where no `glamMiddleware` runs. */
export function contextOf(c: ContextLike): RequestContext | undefined {
  return c.get(CONTEXT) as RequestContext | undefined;
}

/** The request and its options, or `undefined` where no `glamMiddleware` runs. */
export function stateOf(c: ContextLike): RequestState | undefined {
  const context = contextOf(c);
  return context && { context, settings: c.get(SETTINGS) as Settings };
}

/** The error that this package's own `onError` or `notFound` has answered. */
export function answeredError(c: ContextLike): GlamError | undefined {
  return c.get(ANSWERED) as GlamError | undefined;
}

/** Says that this package's own `onError` or `notFound` has answered `error`. */
export function markAnswered(c: ContextLike, error: GlamError): void {
  c.set(ANSWERED, error as never);
}
