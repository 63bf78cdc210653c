import { outlivedItsCaller } from "./_caller_deadline.ts";
import type { RequestState } from "./_request_state.ts";
import type { Outcome } from "./_failure_response.ts";

/**
 * Logs a finished request: the access line, and for a server error a line with the error and its cause.
 */
export function logRequest(
  state: RequestState,
  status: number,
  outcome: Outcome | undefined,
  seconds: number,
  wantsAccessLine: boolean,
): void {
  const { context: { method, path }, settings } = state;
  if (outcome?.error !== undefined && status >= 500) {
    const { error, cause = error } = outcome;
    const line = { method, path, status, error_code: error.code };
    if (outlivedItsCaller(state, status)) settings.logger.info("The caller's deadline passed", line);
    else {
      settings.logger.error("Request failed", { ...line, error: cause instanceof Error ? cause : error });
    }
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
