import { RequestTimeoutError } from "../errors/common.ts";
import type { ContextLike, NextLike } from "./_hono.ts";
import type { RequestState } from "./_request_state.ts";

/**
 * Runs the handlers, for `ms` milliseconds at most: then the signal of the request's context aborts, and the promise
 * rejects. Handlers that ignore the signal go on; what they throw later is logged.
 */
export function nextWithin(
  ms: number,
  c: ContextLike,
  next: NextLike,
  { context, settings }: RequestState,
): Promise<void> {
  const controller = new AbortController();
  context.signal = controller.signal;
  c.set("signal" as never, controller.signal as never);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new RequestTimeoutError(`No answer within ${ms} ms`, {
        operation: "http_request",
        timeoutSeconds: ms / 1000,
      });
      controller.abort(error);
      reject(error);
    }, ms);
    const late = (error: unknown) => {
      if (error === controller.signal.reason) return; // the handler ended with the signal
      settings.logger.warn("A handler failed after its request had timed out", { error });
    };
    next().then(
      () => controller.signal.aborted && c.error !== undefined ? late(c.error) : resolve(),
      (cause) => controller.signal.aborted ? late(cause) : reject(cause),
    ).finally(() => clearTimeout(timer));
  });
}
