import { enterContext } from "../context/storage.ts";
import { releaseHeaders } from "../context/trace.ts";
import { ON_DENO } from "../internal/runtime.ts";
import { isTraced, nameServerSpan } from "../internal/server_span.ts";
import type { HttpObserver } from "../metrics/http_recorder.ts";
import { callerTimeAtArrival, outlivedItsCaller } from "./_caller_deadline.ts";
import { createContext } from "./_create_context.ts";
import { mayRead } from "./_docs_routes.ts";
import type { DocsExposure } from "./docs_options.ts";
import { type ContextLike, type NextLike, replaceResponse } from "./_hono.ts";
import { MethodNotAllowedError } from "./_method_not_allowed.ts";
import { checkedOnce } from "./mounted_endpoints.ts";
import type { OwnRoute } from "./own_routes.ts";
import { watchContextHeaders } from "./_watch_context_headers.ts";
import { type RequestState, setState, stateOf } from "./_request_state.ts";
import { setHeaders } from "./_response_headers.ts";
import { logRequest } from "./_access_log.ts";
import { interceptOnError, type OnError } from "./_own_error_handler.ts";
import { endpointOf, isOnlyHandler, UNMATCHED } from "./_route_label.ts";
import { answer, answerFailure, type Outcome } from "./_failure_response.ts";
import { markRoute } from "./_route_meta.ts";
import { resolveSettings, type Settings } from "./_settings.ts";
import { serviceHealthOf } from "./service_health.ts";
import { limitTime } from "./_timeout.ts";
import type { GlamOptions } from "./options.ts";

/** A Hono middleware; it fits any version or copy of Hono. */
export type GlamMiddleware = (c: ContextLike, next: NextLike) => Promise<void>;

/**
 * One Hono middleware for what every service of the fleet needs: ids, context and trace, response headers, error and 404
 * mapping, metrics with `GET /metrics`, health and the access log.
 *
 * Register it first: middleware that runs before it is not covered. Inside an application that has one already, a second
 * one does nothing.
 *
 * @example
 * ```ts
 * import { glamMiddleware, success } from "@glam/shared/api";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.use(glamMiddleware({ service: "catalog", app }));
 * app.get("/items/:id", (c) => success(c, { id: c.req.param("id") }));
 *
 * const response = await app.request("/items/7");
 * console.log(response.headers.get("x-service-name"), (await response.json()).data); // catalog { id: "7" }
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when a number is out of its range.
 */
export function glamMiddleware(options: GlamOptions = {}): GlamMiddleware {
  const settings = resolveSettings(options);
  const routes = checkedOnce(settings.app, settings.logger);
  return markRoute(glam, {
    healthPath: settings.healthPath,
    http: settings.metrics?.http,
    ownPaths: [...settings.ownRoutes.keys()],
    guards: settings.guards,
  });

  function glam(c: ContextLike, next: NextLike): Promise<void> {
    if (stateOf(c) !== undefined) return next();
    const context = createContext(c, settings.service);
    const found = ownRouteOf(c, settings);
    const own = found?.allows === undefined ? found : undefined;
    const http = own?.counted === false ? undefined : settings.metrics?.http;
    const exchange: Exchange = {
      c,
      context,
      settings,
      own,
      http,
      startedAt: performance.now(),
      answered: undefined,
      plain: false,
      made: undefined,
      rateLimit: undefined,
    };
    setState(c, exchange);
    if (settings.plainResponse !== undefined) watchContextHeaders(c, exchange);
    if (http !== undefined) http.inProgress++;

    let hasOnError = false;
    // The handlers run in the request's context and what follows outside of it: promises made inside would keep it
    // alive, which costs Deno a tenth of a small request.
    const run = routes.areChecked ? next : routes.checkBefore(next);
    const finished = enterContext(context, handlersOf(exchange, run, found)).then(
      () => {
        if (c.error !== undefined || !c.finalized) return settleAndFinish(exchange);
        const { status } = c.res; // a native getter that takes time
        return status === 404 || status === 0
          ? settleAndFinish(exchange)
          : finish(exchange, status, undefined);
      },
      (cause) => {
        if (hasOnError && isOfNotFound(exchange, cause)) throw cause;
        return settleAndFinish(exchange, { cause }); // `throw undefined` is a failure, too
      },
    );
    if (!isOnlyHandler(c)) return finished;
    return interceptOnError(
      finished,
      () => hasOnError = true,
      (error, onError) => finishByOnError(exchange, error, onError),
    );
  }
}

/** A request on its way through the middleware. */
interface Exchange extends RequestState {
  readonly c: ContextLike;
  own: OwnRoute | undefined;
  readonly http: HttpObserver | undefined;
}

/** The endpoint of the middleware itself that a request is for, unless it is on another port. */
function ownRouteOf({ env, req }: ContextLike, { ownRoutes }: Settings): OwnRoute | undefined {
  const route = ownRoutes.get(req.path);
  if (route === undefined || route.isPublic) return route;
  return serviceHealthOf(env)?.port === "public" ? undefined : route;
}

function handlersOf(exchange: Exchange, next: NextLike, found: OwnRoute | undefined): NextLike {
  const { c, own, settings: { timeoutMs: ownMs, deadlines } } = exchange;
  if (own !== undefined) return () => answerOwn(c, own);
  const callerMs = callerTimeAtArrival(c, deadlines);
  const run = ownMs === undefined && callerMs === undefined
    ? next
    : () => limitTime({ ownMs, callerMs }, c, next, exchange);
  if (found?.allows === undefined) return run;
  const { allows } = found;
  return () => answerAllowed(exchange, run, found, allows);
}

async function answerOwn(c: ContextLike, own: OwnRoute): Promise<void> {
  const { env, req } = c;
  if (req.method !== "GET" && req.method !== "HEAD") throw new MethodNotAllowedError(["GET", "HEAD"]);
  replaceResponse(c, await own.answer(req.raw, env));
}

/** Whether the application's `notFound` threw this Error, and not the middleware itself. */
function isOfNotFound({ c, context, own }: Exchange, cause: unknown): boolean {
  return cause instanceof Error && own === undefined && c.error === undefined &&
    cause !== context.signal?.reason;
}

/** Sends what the application's `onError` answers to an error of its `notFound`. */
async function finishByOnError(exchange: Exchange, error: unknown, onError: OnError): Promise<Response> {
  const { c, context } = exchange;
  if (!isOfNotFound(exchange, error)) return await onError(error);
  c.error = error as Error;
  try {
    replaceResponse(c, await enterContext(context, async () => await onError(error)));
    await settleAndFinish(exchange);
  } catch (cause) {
    await settleAndFinish(exchange, { cause });
  }
  return c.res;
}

/** Answers what the application has let through and has no route for, to whom it is for. */
async function answerAllowed(
  exchange: Exchange,
  next: NextLike,
  own: OwnRoute,
  allows: DocsExposure,
): Promise<void> {
  const { c } = exchange;
  await next();
  if (!await mayRead(c, allows)) return;
  exchange.answered = undefined; // the 404
  exchange.own = own;
  await answerOwn(c, own);
}

function settleAndFinish(exchange: Exchange, failure?: { readonly cause: unknown }): Promise<void> {
  const { c, context } = exchange;
  return enterContext(context, async () => {
    const outcome = await answerFailure(c, exchange, failure);
    await exchange.keepFailure?.(c.res);
    return outcome;
  }).then((outcome) => finish(exchange, c.res.status, outcome));
}

function finish(exchange: Exchange, answered: number, settled: Outcome | undefined): void {
  const { c, context, settings, own, http, startedAt } = exchange;
  let status = answered;
  let outcome = settled;
  if (status !== 101) { // an upgrade must stay the object that the runtime made
    try {
      setHeaders(c, exchange);
    } catch (cause) {
      outcome = { ...outcome, ...answer(c, exchange, cause) };
      status = c.res.status;
      setHeaders(c, exchange);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  if (outcome !== undefined || settings.accessLog) { // before counting: a trace that is in the log is an exemplar
    enterContext(context, () => logRequest(exchange, status, outcome, seconds, own?.logged ?? true));
  }
  // From here on the request's headers are garbage. What a context can reach survives a collection on Deno, whose
  // AsyncLocalStorage is a WeakMap; elsewhere reading two headers costs more than it saves.
  if (ON_DENO) releaseHeaders(context);
  if (http === undefined && !isTraced()) return;
  const endpoint = own?.path ?? (outcome?.missed === true ? UNMATCHED : endpointOf(c));
  if (isTraced()) {
    const route = endpoint === UNMATCHED ? undefined : endpoint;
    nameServerSpan({ env: c.env, method: context.method!, route, status });
  }
  if (http !== undefined) {
    http.inProgress--;
    if (outlivedItsCaller(exchange, status)) http.callerDeadlines++;
    http.observe(context.method!, endpoint, status, seconds, context);
  }
}
