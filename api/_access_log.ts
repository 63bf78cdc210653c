import type { RequestState } from "./_request_state.ts";
import type { Outcome } from "./_failure_response.ts";

/**
 * Logs a finished request: the access line, and for a server error a line with the error and its cause.
 */
export function logRequest(
  { context, settings }: RequestState,
  status: number,
  outcome: Outcome | undefined,
  seconds: number,
  wantsAccessLine: boolean,
): void {
  const { method, path } = context;
  if (outcome?.error !== undefined && status >= 500) {
    const { error, cause = error } = outcome;
    settings.logger.error("Request failed", {
      method,
      path,
      status,
      error_code: error.code,
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
}
