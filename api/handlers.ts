import { enterContext, getContext } from "../context/storage.ts";
import { setIds } from "../errors/envelope.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { readEnv } from "../internal/environment.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { createContext } from "./_create_context.ts";
import { responseOfException, withExceptionText } from "./_exception_text.ts";
import { errorReply, isOfTheBody } from "./_error_reply.ts";
import type { ContextLike } from "./_hono.ts";
import { isTextOfResponse } from "./_hono_defaults.ts";
import { stateOf } from "./_request_state.ts";
import { mapError, notFoundError } from "./_failure_response.ts";

/**
 * An `onError` for Hono that answers with the error envelope: `app.onError(onError)`. `glamMiddleware` does the same for
 * every error it sees; set it too where middleware that runs before it can fail, and to keep Hono from printing unknown
 * errors on the console by itself. A server error that no `glamMiddleware` sees is logged here.
 */
export function onError(error: Error, c: ContextLike): Response | Promise<Response> {
  const mapped = mapError(error, c, stateOf(c)?.settings);
  const given = mapped.cause === error ? responseOfException(error) : undefined;
  return given === undefined ? answerError(c, mapped, error) : answerException(c, mapped, error, given);
}

/** A response that an `HTTPException` brings stays, unless it is plain text; then the text and the headers stay. */
async function answerException(
  c: ContextLike,
  mapped: GlamError,
  exception: Error,
  given: Response,
): Promise<Response> {
  if (!isTextOfResponse(given)) return (exception as unknown as { getResponse(): Response }).getResponse();
  const response = answerError(c, await withExceptionText(mapped, exception, given), exception);
  for (const [name, value] of given.headers) {
    if (isOfTheBody(name) || name === "content-type") continue;
    if (name === "set-cookie") response.headers.append(name, value);
    else if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

function answerError(c: ContextLike, mapped: GlamError, cause: Error): Response {
  const state = stateOf(c);
  if (state === undefined) return replyAlone(c, mapped, cause);
  state.answered = { error: mapped, cause };
  return errorReply(c, mapped, state);
}

/**
 * A `notFound` handler for Hono that answers with the error envelope: `app.notFound(notFound)`. With the `app` of
 * `glamMiddleware`, a path that has routes for other methods is answered 405.
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
