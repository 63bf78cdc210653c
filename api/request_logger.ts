import type { LoggerLike } from "../logging/logger.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";

/** The logger of the `glamMiddleware` that a request came through. */
export function requestLogger(c: ContextLike): LoggerLike | undefined {
  return stateOf(c)?.settings.logger;
}
