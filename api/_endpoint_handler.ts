import type { AnyEndpoint, EndpointTypes } from "../contract/endpoint.ts";
import { getContext } from "../context/storage.ts";
import { answerer } from "./_endpoint_answer.ts";
import { withinCallerTime } from "./_caller_deadline.ts";
import type { EndpointContext } from "./_endpoint_context.ts";
import { type EndpointParts, inputReader } from "./_endpoint_input.ts";
import { stateOf } from "./_request_state.ts";
import { requestSignal, type SignalSource } from "./_request_signal.ts";
import { unguarded } from "./_run_guards.ts";
import { withOwnTimeout } from "./_timeout.ts";
import type { EndpointArgs, EndpointHandler } from "./endpoint_handler.ts";

/** A Hono handler. */
export type HonoHandler = (c: EndpointContext) => Promise<Response>;

/** The Hono handler of an endpoint: reads and validates the request, calls the handler, writes the answer. */
export function endpointHandler(
  endpoint: AnyEndpoint,
  handle: EndpointHandler<EndpointTypes>,
  maxBodyBytes: number | undefined,
): HonoHandler {
  const read = inputReader(endpoint, maxBodyBytes);
  const answer = answerer(endpoint);
  const handler = handle as unknown as (args: EndpointArgs<EndpointTypes>) => unknown;
  const { timeoutMs } = endpoint;
  if (timeoutMs === undefined) return (c) => withinCallerTime(c, () => runEndpoint(c));
  return (c) => withinCallerTime(c, () => withOwnTimeout(timeoutMs, c, () => runEndpoint(c)));

  async function runEndpoint(c: EndpointContext): Promise<Response> {
    const reading = read(c);
    const parts = reading instanceof Promise ? await reading : reading;
    const args = new Args(c, parts);
    try {
      if (endpoint.idempotent === undefined) {
        return await answer(c, await handler(args as never), parts.query);
      }
      const respond = async () => await answer(c, await handler(args as never), parts.query);
      const guard = stateOf(c)?.settings.guards?.idempotency;
      if (guard === undefined) throw unguarded(endpoint, "idempotency");
      return await guard.run(c, { endpoint, parts }, respond);
    } finally {
      args.end();
    }
  }
}

/** What a handler gets. The signal is made only for those that ask for it. */
class Args {
  readonly c: EndpointContext;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly cookies: unknown;
  readonly body: unknown;
  readonly form: unknown;
  #signal: SignalSource | undefined;

  constructor(c: EndpointContext, { params, query, headers, cookies, body, form }: EndpointParts) {
    this.c = c;
    this.params = params;
    this.query = query;
    this.headers = headers;
    this.cookies = cookies;
    this.body = body;
    this.form = form;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= requestSignal(this.c)).signal;
  }

  get caller(): string | undefined {
    return getContext()?.sourceService;
  }

  /** The answer is made: the signal aborts no more. */
  end(): void {
    this.#signal?.end();
  }
}
