import { getContext } from "../context/storage.ts";
import type { ContextLike } from "./_hono.ts";
import { serviceHealthOf } from "./service_health.ts";

/** The signal of a request. */
export interface SignalSource {
  readonly signal: AbortSignal;
  /** From here on it does not abort any more. */
  end(): void;
}

/** A signal that aborts when the request has no more time, its caller is gone, or the service stops without it. */
export function requestSignal(c: ContextLike): SignalSource {
  const controller = new AbortController();
  const sources = [getContext()?.signal, callerSignal(c.req.raw), serviceHealthOf(c.env)?.cutOff]
    .filter((signal) => signal !== undefined);
  const abort = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    else source.addEventListener("abort", abort, { once: true });
  }
  return {
    signal: controller.signal,
    end() {
      for (const source of sources) source.removeEventListener("abort", abort);
    },
  };
}

/** Reading it can fail where a runtime has let go of the request. */
function callerSignal(request: Request): AbortSignal | undefined {
  try {
    return request.signal;
  } catch {
    return undefined;
  }
}
