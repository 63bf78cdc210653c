/**
 * The span that the runtime, or an instrumentation of the HTTP server, has made for the request that is being answered. It is
 * found where every copy of `@opentelemetry/api` 1.x registers itself; without OpenTelemetry this is one read of a property.
 */
const API_KEY = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
const SERVER = 1;
const STATUS_ERROR = 2;

interface ServerSpan {
  /** Spans of Deno do not say of what kind they are. */
  readonly kind?: number;
  isRecording(): boolean;
  updateName(name: string): unknown;
  setAttribute(name: string, value: string): unknown;
  setStatus(status: { readonly code: number }): unknown;
}

interface OpenTelemetryApi {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

/** A request that was answered. */
interface Answered {
  readonly method: string;
  /** The pattern of its route; `undefined` where none matched. */
  readonly route: string | undefined;
  readonly status: number;
  /** What the server has passed beside the request: empty for a request within the process. */
  readonly env: unknown;
}

/** Whether OpenTelemetry is set up. */
export function isTraced(): boolean {
  return apiOf() !== undefined;
}

/**
 * Names the span of the server after the route, `GET /items/{id}`, with the attribute `http.route`; one of a status from 500
 * is an error.
 */
export function nameServerSpan({ env, method, route, status }: Answered): void {
  const span = apiOf()?.context?.active().getValue(SPAN_KEY) as ServerSpan | undefined;
  if (span?.isRecording() !== true) return;
  if (span.kind === undefined ? !isFromServer(env) : span.kind !== SERVER) return;
  if (route !== undefined) {
    span.updateName(`${method} ${route}`);
    span.setAttribute("http.route", route);
  }
  if (status >= 500) {
    span.setAttribute("error.type", String(status));
    span.setStatus({ code: STATUS_ERROR });
  }
}

function apiOf(): OpenTelemetryApi | undefined {
  return (globalThis as { [API_KEY]?: OpenTelemetryApi })[API_KEY];
}

/** Whether a request came from a server: the active span may be any other for one within the process. */
function isFromServer(env: unknown): boolean {
  return typeof env === "object" && env !== null && Reflect.ownKeys(env).length > 0;
}
