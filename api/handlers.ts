import { enterContext, getContext } from "../context/storage.ts";
import { setIds } from "../errors/envelope.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { readEnv } from "../internal/environment.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { createContext } from "./_create_context.ts";
import { errorReply } from "./_error_reply.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";
import { mapError, notFoundError } from "./_failure_response.ts";

/**
 * An `onError` for Hono that answers with the error envelope: `app.onError(onError)`. `glamMiddleware` does the same for
 * every error it sees; set it too where middleware that runs before it can fail, and to keep Hono from printing unknown
 * errors on the console by itself. A server error that no `glamMiddleware` sees is logged here.
 */
export function onError(error: Error, c: ContextLike): Response {
  const state = stateOf(c);
  const mapped = mapError(error, c, state?.settings);
  if (state === undefined) return replyAlone(c, mapped, error);
  state.answered = { error: mapped, cause: error };
  return errorReply(c, mapped, state);
}

/**
 * A `notFound` handler for Hono that answers with the error envelope: `app.notFound(notFound)`. With the `methodNotAllowed`
 * of `glamMiddleware`, a path that has routes for other methods is answered 405.
 */
export function notFound(c: ContextLike): Response {
  const state = stateOf(c);
  const error = notFoundError(c, state?.settings);
  if (state === undefined) return replyAlone(c, error);
  state.answered = { error };
  return errorReply(c, error, state);
}

let logger: LoggerLike | undefined;

/** The answer where no `glamMiddleware` runs: with the ids that it would have given the request. */
function replyAlone(c: ContextLike, error: GlamError, cause?: unknown): Response {
  const service = readEnv("SERVICE_NAME") ?? "glam-service";
  const context = getContext() ?? createContext(c, service);
  if (error.status >= 500) {
    const { method, path } = c.req;
    enterContext(context, () => {
      logger ??= createLogger(service);
      logger.error("Request failed", {
        method,
        path,
        status: error.status,
        error_code: error.code,
        error: cause,
      });
    });
  }
  const response = errorReply(c, error, { context, settings: { exposeInternal: false } });
  setIds(response.headers, context);
  return response;
}
