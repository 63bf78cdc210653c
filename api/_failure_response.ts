import { InternalError } from "../errors/common.ts";
import { GlamError, isGlamError } from "../errors/glam_error.ts";
import { toGlamError } from "../errors/to_glam_error.ts";
import { isDefaultErrorResponse, isDefaultNotFoundResponse } from "./_hono_defaults.ts";
import { withExceptionText } from "./_exception_text.ts";
import { errorReply } from "./_error_reply.ts";
import { type ContextLike, replaceResponse } from "./_hono.ts";
import { isClientDisconnect } from "./_client_disconnect.ts";
import { allowedMethods, MethodNotAllowedError } from "./_method_not_allowed.ts";
import type { RequestState } from "./_request_state.ts";
import { hasRoute } from "./_route_label.ts";
import type { Settings } from "./_settings.ts";

/** The outcome of a request that failed, or that no route matched. */
export interface Outcome {
  /** The error, mapped. */
  readonly error?: GlamError | undefined;
  /** What was thrown. */
  readonly cause?: unknown;
  /** Whether no route of the application matched. */
  readonly missed?: boolean;
}

/**
 * Answers a request that failed, that no route matched, or whose handler returned no response. What the application's own
 * `onError` or `notFound` answered stays; only Hono's default answers are replaced.
 *
 * Hono resolves `next()` when a handler threw an Error (it is in `c.error`), and rejects when anything else was thrown,
 * or when `notFound` or `onError` themselves failed.
 */
export async function answerFailure(
  c: ContextLike,
  state: RequestState,
  failure: { readonly cause: unknown } | undefined,
): Promise<Outcome> {
  if (failure !== undefined) {
    const outcome = answer(c, state, failure.cause);
    if (c.error === undefined || c.error === failure.cause) return outcome;
    return {
      ...outcome,
      cause: new AggregateError([failure.cause, c.error], "onError failed, over an error before"),
    };
  }
  if (c.error !== undefined) return await answerError(c, state, c.error);
  if (!c.finalized) {
    return answer(c, state, new Error(`The handler of ${c.req.method} ${c.req.path} returned no response`));
  }
  if (c.res.status === 404) return await answerNotFound(c, state);
  return answer(
    c,
    state,
    new Error(`The handler of ${c.req.method} ${c.req.path} returned Response.error()`),
  );
}

async function answerError(c: ContextLike, state: RequestState, cause: Error): Promise<Outcome> {
  if (state.answered?.cause === cause) return state.answered;
  if (c.res.status > 0 && c.res.status < 400) return {}; // an exception that redirects
  const error = mapError(cause, c, state.settings);
  if (!await isDefaultErrorResponse(c.res, cause)) return { error, cause };
  return reply(c, state, await withExceptionText(error, cause, c.res), cause);
}

async function answerNotFound(c: ContextLike, state: RequestState): Promise<Outcome> {
  const missed = !hasRoute(c);
  if (state.answered !== undefined) return { error: state.answered.error, missed };
  if (!await isDefaultNotFoundResponse(c.res)) return { missed };
  return { ...answer(c, state, notFoundError(c, state.settings)), missed };
}

/** The error of a request that no route matched: 405 where the path has routes for other methods, else 404. */
export function notFoundError(
  c: ContextLike,
  settings: Pick<Settings, "app"> | undefined,
): GlamError {
  const methods = hasRoute(c) ? [] : allowedMethods(settings?.app, c.req.path);
  if (methods.length > 0) return new MethodNotAllowedError(methods);
  return new GlamError("Not Found", { code: "HTTP_404", status: 404 });
}

/** Answers with the error that `cause` is mapped to. */
export function answer(c: ContextLike, state: RequestState, cause: unknown): Outcome {
  return reply(c, state, mapError(cause, c, state.settings), cause);
}

function reply(c: ContextLike, state: RequestState, error: GlamError, cause: unknown): Outcome {
  replaceResponse(c, errorReply(c, error, state));
  return { error, cause };
}

/** The error to answer with. When `errors.map` throws, its error is logged and the original is mapped without it. */
export function mapError(
  cause: unknown,
  c: ContextLike,
  settings: Pick<Settings, "logger" | "mapError"> | undefined,
): GlamError {
  try {
    const mapped = settings?.mapError?.(cause);
    if (isGlamError(mapped)) return mapped;
  } catch (error) {
    settings?.logger.error("The errors.map option threw", { error });
  }
  try {
    if (!isClientDisconnect(cause, c.req.raw)) return toGlamError(cause);
    return new GlamError("The request ended before its body was complete", {
      code: "HTTP_400",
      status: 400,
      cause,
    });
  } catch (error) { // a getter of the thrown object threw
    return new InternalError(undefined, { cause: error });
  }
}
