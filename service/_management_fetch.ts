import { MethodNotAllowedError } from "../api/_method_not_allowed.ts";
import { metaOf } from "../api/_route_meta.ts";
import type { Health } from "../api/health_checks.ts";
import { createOwnRoutes } from "../api/own_routes.ts";
import { offerHealth, type ServiceHealth } from "../api/service_health.ts";
import { GlamError } from "../errors/glam_error.ts";
import { outsideContext } from "../internal/outside_context.ts";
import { type Fetch, type Handlers, LEGAL_URL } from "./_fetch.ts";
import { own, ownAsync } from "./_own_answer.ts";
import type { Settings } from "./_settings.ts";
import type { AppLike } from "./options.ts";

/**
 * The handlers of the management port. They answer what the `glamMiddleware` of the application answers itself, then what
 * is mounted there, then the health of the service. No other route of the application is reachable.
 */
export function createManagementHandlers(
  { name, options: { app } }: Settings,
  health: Health & ServiceHealth,
  mounted: AppLike | undefined,
  { onError, onInvalid }: Handlers,
): Handlers {
  const ofApp = ownPathsOf(app);
  const ofService = createOwnRoutes(undefined, { path: "/api/v1/health", of: health });

  const handle: Fetch = (request, env) => {
    if (!LEGAL_URL.test(request.url)) return onInvalid(request);
    offerHealth(env, health);
    const { pathname } = new URL(request.url);
    if (ofApp.has(pathname)) return app!.fetch(request, env as never);
    const route = ofService.get(pathname);
    if (route !== undefined) {
      const { method } = request;
      if (method === "GET" || method === "HEAD") {
        return ownAsync(request, name, () => route.answer(request, env));
      }
      return own(request, name, () => new MethodNotAllowedError(["GET", "HEAD"]).getResponse());
    }
    if (mounted !== undefined) return mounted.fetch(request, env as never);
    const missing = new GlamError("Not Found", { code: "HTTP_404", status: 404 });
    return own(request, name, () => missing.getResponse());
  };
  return { onError, onInvalid, fetch: (request, env) => outsideContext(() => handle(request, env)) };
}

/** The paths that the middleware of an application answers itself. */
function ownPathsOf(app: AppLike | undefined): ReadonlySet<string> {
  const { routes = [] } = (app ?? {}) as { readonly routes?: readonly { readonly handler: unknown }[] };
  return new Set(routes.flatMap(({ handler }) => metaOf(handler)?.ownPaths ?? []));
}
