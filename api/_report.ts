import type { ContextLike } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";
import type { Outcome } from "./_settle.ts";

/**
 * Logs how a request ended: a line for the access log, and for a server error everything that the client is not told.
 * A logger that throws does not harm the request.
 */
export function report(
  c: ContextLike,
  { context, settings }: RequestState,
  outcome: Outcome | undefined,
  seconds: number,
  wantsAccessLine: boolean,
): void {
  const { status } = c.res;
  const { method, path } = context;
  try {
    if (outcome?.error !== undefined && Math.max(status, outcome.error.status) >= 500) {
      const { error, cause = error } = outcome;
      settings.logger.error("Request failed", {
        method,
        path,
        status,
        error: cause instanceof Error ? cause : error,
      });
    }
    if (wantsAccessLine && settings.accessLog) {
      settings.logger.info("Request completed", {
        method,
        path,
        status,
        duration_ms: Math.round(seconds * 1e5) / 100,
        ...(outcome?.error !== undefined && { error_code: outcome.error.code }),
      });
    }
  } catch { // a logger of the application's own
  }
}
