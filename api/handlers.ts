import { makeCorrelationId, makeRequestId } from "../context/ids.ts";
import { getContext } from "../context/storage.ts";
import { GlamError } from "../errors/glam_error.ts";
import { toGlamError } from "../errors/to_glam_error.ts";
import { errorReply, type ReplyState } from "./_error_reply.ts";
import type { ContextLike } from "./_hono.ts";
import { markAnswered, stateOf } from "./_request_state.ts";
import { mapError } from "./_settle.ts";

/**
 * An `onError` for Hono that answers with the error envelope: `app.onError(onError)`. `glamMiddleware` does the same for
 * every error it sees; set it too where middleware that runs before it can fail.
 */
export function onError(error: Error, c: ContextLike): Response {
  const state = stateOf(c);
  const mapped = state === undefined ? toGlamError(error) : mapError(error, state.settings);
  markAnswered(c, mapped);
  return reply(c, mapped);
}

/** A `notFound` handler for Hono that answers with the error envelope: `app.notFound(notFound)`. */
export function notFound(c: ContextLike): Response {
  const error = new GlamError("Not Found", { code: "HTTP_404", status: 404 });
  markAnswered(c, error);
  return reply(c, error);
}

function reply(c: ContextLike, error: GlamError): Response {
  return errorReply(c, error, stateOf(c) ?? stateless());
}

function stateless(): ReplyState {
  const context = getContext() ??
    { requestId: makeRequestId(), correlationId: makeCorrelationId(), service: "glam-service" };
  return { context, settings: { exposeInternal: false } };
}
