import { RequestTimeoutError } from "../errors/common.ts";
import type { ContextLike } from "./_hono.ts";
import { type RequestState, stateOf } from "./_request_state.ts";
import type { TimeLimits } from "./_time_limits.ts";

/**
 * Runs the handlers until a limit passes: then the signal of the request's context aborts, and the promise rejects.
 * Handlers that ignore the signal go on; what they throw later is logged. Within limits that are set already these are
 * changed.
 */
export function limitTime<Result>(
  limits: TimeLimits,
  c: ContextLike,
  next: () => Promise<Result>,
  state: RequestState,
): Promise<Result> {
  if (state.deadline !== undefined) {
    state.deadline.set(limits);
    return next();
  }
  const { context, settings } = state;
  const controller = new AbortController();
  context.signal = controller.signal;
  c.set("signal" as never, controller.signal as never);
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let { ownMs, callerMs } = limits;
    const isCallers = () => callerMs !== undefined && callerMs < (ownMs ?? Infinity);
    const expire = (ms: number) => {
      const error = new RequestTimeoutError(`No answer within ${ms} ms`, {
        operation: "http_request",
        timeoutSeconds: ms / 1000,
      });
      controller.abort(error);
      reject(error);
    };
    const start = () => {
      const ms = Math.min(ownMs ?? Infinity, callerMs ?? Infinity);
      const left = Math.max(0, ms - (performance.now() - state.startedAt));
      context.deadlineAt = Date.now() + left;
      clearTimeout(timer);
      timer = setTimeout(expire, left, ms);
    };
    state.deadline = {
      get ownMs() {
        return ownMs;
      },
      get callerMs() {
        return callerMs;
      },
      get isCallers() {
        return isCallers();
      },
      set(changed) {
        ({ ownMs = ownMs, callerMs = callerMs } = changed);
        start();
      },
      lift() {
        clearTimeout(timer);
        return !controller.signal.aborted;
      },
    };
    start();
    const late = (error: unknown) => {
      if (error === controller.signal.reason) return; // the handler ended with the signal
      const level = isCallers() ? "info" : "warn";
      settings.logger[level]("A handler failed after its request had timed out", { error });
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
  return state === undefined ? run() : limitTime({ ownMs: ms }, c, run, state);
}
