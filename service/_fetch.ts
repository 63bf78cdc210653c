import type { Health } from "../api/health_checks.ts";
import { createOwnRoutes, type OwnRoute } from "../api/own_routes.ts";
import { offerHealth, type ServiceHealth } from "../api/service_health.ts";
import { currentContext, getContext } from "../context/storage.ts";
import { isInTransaction } from "../db/transaction/in_transaction.ts";
import { InternalError } from "../errors/common.ts";
import { GlamError } from "../errors/glam_error.ts";
import { outsideContext } from "../internal/outside_context.ts";
import { own, ownAsync } from "./_own_answer.ts";
import type { Settings } from "./_settings.ts";
import { offerWebSockets, type WebSockets } from "./_web_sockets.ts";

/** Answers requests. `env` is the object that the server passes as the second argument, such as the peer's address. */
export type Fetch = (request: Request, env: object) => Response | Promise<Response>;

/** The functions that a server calls. */
export interface Handlers {
  /** For each request. */
  readonly fetch: Fetch;
  /** When `fetch` failed. */
  readonly onError: (error: unknown) => Response;
  /** When there is no legal request. */
  readonly onInvalid: (request?: Request) => Response;
}

/** An absolute URL with a legal host. For an illegal `Host`, Bun gives the path alone, and Deno the header's text. */
export const LEGAL_URL: RegExp = /^https?:\/\/[\w.~!$&'()*+,;=:[\]-]+(?:[/?#]|$)/;
const PROBES: readonly string[] = ["/health/live", "/health/ready"];

/**
 * The handlers between the server and the application. They attach the service's health to the second argument of `fetch`,
 * answer the probes where no `glamMiddleware` does, and send `Connection: close` while the service drains.
 */
export function createHandlers(
  settings: Settings,
  health: Health & ServiceHealth,
  sockets?: WebSockets,
): Handlers {
  const { name, logger, options: { app, database } } = settings;
  // After an `import()` in a request, Deno runs all later requests in the async context of that one.
  const isInside = () =>
    currentContext() !== undefined || (database !== undefined && isInTransaction(database));
  const routes = createOwnRoutes(undefined, { path: "/api/v1/health", of: health });
  const answer: Fetch = (request, env) => {
    if (app !== undefined) return app.fetch(request, env as never);
    return own(
      request,
      name,
      () => new GlamError("Not Found", { code: "HTTP_404", status: 404 }).getResponse(),
    );
  };

  function onInvalid(request?: Request): Response {
    const error = new GlamError("The request has no legal URL: its Host header or its target is malformed", {
      code: "HTTP_400",
      status: 400,
    });
    return own(request, name, () => error.getResponse());
  }

  function onError(error: unknown): Response {
    return own(undefined, name, () => {
      logger.error("Request failed outside of the application", { error });
      const errorId = getContext()?.requestId;
      return new InternalError(undefined, { cause: error, details: { error_id: errorId } }).getResponse();
    });
  }

  async function probe(request: Request, env: object, route: OwnRoute): Promise<Response> {
    try {
      const response = await answer(request, env);
      if (health.answered.has(request)) return response;
      await response.body?.cancel();
    } catch (error) {
      logger.warn("The application failed at a probe, which the service answers", { error });
    }
    return await ownAsync(request, name, () => route.answer(request, undefined));
  }

  const handle: Fetch = (request, env) => {
    const { url } = request;
    if (!LEGAL_URL.test(url)) return onInvalid(request);
    offerHealth(env, health);
    if (sockets !== undefined) offerWebSockets(env, sockets);
    const route = url.includes("/health/") ? routes.get(probedPath(request)) : undefined;
    const response = route === undefined ? answer(request, env) : probe(request, env, route);
    return health.isDraining() ? closing(response) : response;
  };

  return {
    onError,
    onInvalid,
    fetch: (request, env) => isInside() ? outsideContext(() => handle(request, env)) : handle(request, env),
  };
}

/** The path of a probe, or an empty text where it is none. */
function probedPath({ method, url }: Request): string {
  if (method !== "GET" && method !== "HEAD") return "";
  const path = /^https?:\/\/[^/]*([^?#]*)/.exec(url)?.[1] ?? "";
  return PROBES.includes(path) ? path : "";
}

/** The response with `Connection: close`: the client would soon lose the connection. */
async function closing(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  if (response.status === 101) return response; // an upgrade must stay the object that the runtime made
  try {
    response.headers.set("Connection", "close");
    return response;
  } catch { // a response of fetch() has immutable headers
    const copy = new Response(response.body, response);
    copy.headers.set("Connection", "close");
    return copy;
  }
}
