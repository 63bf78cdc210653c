import { RequestTimeoutError } from "../errors/common.ts";
import type { ContextLike } from "./_hono.ts";
import { type RequestState, stateOf } from "./_request_state.ts";

/**
 * Runs the handlers, for `ms` milliseconds at most: then the signal of the request's context aborts, and the promise
 * rejects. Handlers that ignore the signal go on; what they throw later is logged.
 */
export function nextWithin<Result>(
  ms: number,
  c: ContextLike,
  next: () => Promise<Result>,
  state: RequestState,
): Promise<Result> {
  const { context, settings } = state;
  const controller = new AbortController();
  context.signal = controller.signal;
  c.set("signal" as never, controller.signal as never);
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const expire = (ms: number) => {
      const error = new RequestTimeoutError(`No answer within ${ms} ms`, {
        operation: "http_request",
        timeoutSeconds: ms / 1000,
      });
      controller.abort(error);
      reject(error);
    };
    let timer = setTimeout(expire, ms, ms);
    state.deadline = {
      set(ms) {
        clearTimeout(timer);
        timer = setTimeout(expire, Math.max(0, ms - (performance.now() - startedAt)), ms);
      },
    };
    const late = (error: unknown) => {
      if (error === controller.signal.reason) return; // the handler ended with the signal
      settings.logger.warn("A handler failed after its request had timed out", { error });
    };
    next().then(
      (result) => controller.signal.aborted && c.error !== undefined ? late(c.error) : resolve(result),
      (cause) => controller.signal.aborted ? late(cause) : reject(cause),
    ).finally(() => clearTimeout(timer));
  });
}

/** Runs a handler in a time of its own, which replaces that of the application. */
export function withOwnTimeout<Result>(
  ms: number,
  c: ContextLike,
  run: () => Promise<Result>,
): Promise<Result> {
  const state = stateOf(c);
  if (state === undefined) return run();
  if (state.deadline === undefined) return nextWithin(ms, c, run, state);
  state.deadline.set(ms);
  return run();
}
