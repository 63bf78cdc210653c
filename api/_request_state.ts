import type { RequestContext } from "../context/request_context.ts";
import type { GlamError } from "../errors/glam_error.ts";
import type { ContextLike } from "./_hono.ts";
import type { Settings } from "./_settings.ts";
import type { RateLimitFields } from "./rate_limit/_rate_limit_fields.ts";
import type { RequestDeadline } from "./_time_limits.ts";

/** What `glamMiddleware` knows of one request. */
export interface RequestState {
  /** Ids and trace of the request. */
  readonly context: RequestContext;
  /** The middleware's options. */
  readonly settings: Settings;
  /** When it arrived, by `performance.now()`. */
  readonly startedAt: number;
  /** The error that this package's own `onError` or `notFound` has answered, and what was thrown. */
  answered?: { readonly error: GlamError; readonly cause?: unknown } | undefined;
  /** The time that the request has, where it has a limit. */
  deadline?: RequestDeadline | undefined;
  /** The last success and its text, kept where a guard asked for it by `"wanted"`. */
  lastSuccess?: { readonly response: Response; readonly text: string } | "wanted" | undefined;
  /** Called with the answer to a failure before it is sent; does not reject. */
  keepFailure?: ((response: Response) => Promise<void>) | undefined;
  /** What the headers say of the rate limit, where one holds. */
  rateLimit?: RateLimitFields | undefined;
  /** Whether nothing was set on the context that Hono would add to a response: see `watchContextHeaders`. */
  plain?: boolean;
  /** The response that has the request's headers already. */
  made?: Response | undefined;
}

// A registered symbol, so that every copy of the package finds the request of an outer glamMiddleware.
const STATE = Symbol.for("@glam/shared.api.request.v1") as never;

/** Starts a request: from here on its state is found, and its ids are in `c.var`. */
export function setState(c: ContextLike, state: RequestState): void {
  c.set(STATE, state as never);
  c.set("requestId" as never, state.context.requestId as never);
  c.set("correlationId" as never, state.context.correlationId as never);
}

/** The state of the request, or `undefined` where no `glamMiddleware` runs. */
export function stateOf(c: ContextLike): RequestState | undefined {
  return c.get(STATE) as RequestState | undefined;
}
