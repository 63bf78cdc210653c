import { InternalError } from "../errors/common.ts";
import { GlamError, isGlamError } from "../errors/glam_error.ts";
import { toGlamError } from "../errors/to_glam_error.ts";
import { isDefaultErrorAnswer, isDefaultNotFoundAnswer } from "./_default_answer.ts";
import { errorReply } from "./_error_reply.ts";
import { type ContextLike, replaceResponse } from "./_hono.ts";
import { allowedMethods, MethodNotAllowedError } from "./_method_not_allowed.ts";
import { answeredError, type RequestState } from "./_request_state.ts";
import { hasRoute } from "./_route_label.ts";
import type { Settings } from "./_settings.ts";

/** How a request that did not simply succeed ended. */
export interface Outcome {
  /** The error, mapped. */
  readonly error?: GlamError | undefined;
  /** What was thrown. */
  readonly cause?: unknown;
  /** Whether no route of the application matched. */
  readonly missed?: boolean;
}

/** Whether the response is missing or not what a handler answered: the first look, without a promise. */
export function needsSettling(c: ContextLike): boolean {
  return c.error !== undefined || !c.finalized || c.res.status === 404;
}

/**
 * Gives a request that failed, was not found or got no response its answer. What the application's own `onError` or
 * `notFound` answered stays; only Hono's default answers are replaced.
 *
 * Hono resolves `next()` when a handler threw an Error (it is in `c.error`), and rejects when anything else was thrown,
 * or when `notFound` or `onError` themselves failed.
 */
export async function settle(
  c: ContextLike,
  state: RequestState,
  failure: { readonly cause: unknown } | undefined,
): Promise<Outcome> {
  if (failure !== undefined) return answer(c, state, failure.cause);
  if (c.error !== undefined) return await settleError(c, state, c.error);
  if (!c.finalized) {
    return answer(c, state, new Error(`The handler of ${c.req.method} ${c.req.path} returned no response`));
  }
  return await settleNotFound(c, state);
}

async function settleError(c: ContextLike, state: RequestState, cause: Error): Promise<Outcome> {
  if (answeredError(c) !== undefined) return { error: answeredError(c), cause };
  if (await isDefaultErrorAnswer(c.res, cause)) return answer(c, state, cause);
  return { error: mapError(cause, state.settings), cause };
}

async function settleNotFound(c: ContextLike, state: RequestState): Promise<Outcome> {
  const missed = !hasRoute(c);
  if (answeredError(c) !== undefined) return { error: answeredError(c), missed };
  if (!await isDefaultNotFoundAnswer(c.res)) return { missed };
  const methods = missed ? allowedMethods(state.settings.methodNotAllowed, c.req.path) : [];
  const error = methods.length > 0
    ? new MethodNotAllowedError(methods)
    : new GlamError("Not Found", { code: "HTTP_404", status: 404 });
  return { ...answer(c, state, error), missed };
}

function answer(c: ContextLike, state: RequestState, cause: unknown): Outcome {
  const error = mapError(cause, state.settings);
  replaceResponse(c, errorReply(c, error, state));
  return { error, cause };
}

/** The error as this service answers it; a mapping that fails itself must not hide what it was to map. */
export function mapError(cause: unknown, settings: Pick<Settings, "logger" | "mapError">): GlamError {
  let mapped: unknown;
  try {
    mapped = settings.mapError?.(cause);
  } catch (error) {
    settings.logger.error("The errors.map option threw", { error });
  }
  if (isGlamError(mapped)) return mapped;
  try {
    return toGlamError(cause);
  } catch (error) { // a getter of the thrown object threw
    return new InternalError(undefined, { cause: error });
  }
}
