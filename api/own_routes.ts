import type { Metrics } from "../metrics/create_metrics.ts";
import type { Health } from "./health_checks.ts";
import type { HealthReport } from "./health_report.ts";
import { type ServiceHealth, serviceHealthOf } from "./service_health.ts";
import type { DocsExposure } from "./docs_options.ts";
import { successResponse } from "./envelope.ts";
import { showBuildInfo } from "../metrics/build_info.ts";

/** An endpoint that the middleware answers itself, to GET and HEAD. */
export interface OwnRoute {
  /** Its path, which is its endpoint in the metrics. */
  readonly path: string;
  /** Whether it is in the metrics. */
  readonly counted: boolean;
  /** Whether it is on the public port too where a service has one for its operators: what load balancers ask. */
  readonly isPublic: boolean;
  /** Whether it is in the access log. */
  readonly logged: boolean;
  /** Who may see it, where not everybody: asked after the application's own middleware. */
  readonly allows?: DocsExposure | undefined;
  /** Makes the response; `env` is the second argument of `app.fetch`. */
  answer(request: Request, env: unknown): Promise<Response>;
}

/**
 * The middleware's own endpoints by path.
 *
 * @throws {TypeError} when two of them have the same path.
 */
export function createOwnRoutes(
  metrics: { readonly path: string; readonly of: Metrics } | undefined,
  health: { readonly path: string; readonly of: Health } | undefined,
  docs: readonly OwnRoute[] = [],
): ReadonlyMap<string, OwnRoute> {
  const routes: OwnRoute[] = [];
  if (metrics !== undefined) {
    const answer = (request: Request, env: unknown) => scrape(metrics.of, request, serviceHealthOf(env));
    routes.push({ path: metrics.path, isPublic: false, counted: false, logged: false, answer });
  }
  if (health !== undefined) {
    const { live, ready, report } = health.of;
    const route = (path: string, answer: (host?: ServiceHealth) => Promise<Response>): OwnRoute => ({
      path,
      isPublic: path !== health.path,
      counted: true,
      logged: false,
      answer(request, env) {
        const host = serviceHealthOf(env);
        host?.answered.add(request);
        return answer(host);
      },
    });
    routes.push(
      route(health.path, async (host) => toResponse(await report(host))),
      route("/health/live", () => Promise.resolve(toResponse(live()))),
      route("/health/ready", async (host) => {
        const { isReady, report } = await ready(host);
        return toResponse(report, isReady ? 200 : 503);
      }),
    );
  }
  routes.push(...docs);
  const byPath = new Map(routes.map((route) => [route.path, route]));
  if (byPath.size < routes.length) {
    const paths = routes.map((route) => route.path).join(", ");
    throw new TypeError(`Expected the endpoints of the middleware to have different paths, got ${paths}`);
  }
  return byPath;
}

async function scrape(metrics: Metrics, request: Request, host?: ServiceHealth): Promise<Response> {
  if (host?.build !== undefined) showBuildInfo(await metrics.registry(), metrics.service, host.build);
  const { contentType, body } = await metrics.expose(request.headers.get("accept") ?? "");
  return new Response(body, { headers: { "Content-Type": contentType, Vary: "Accept" } });
}

function toResponse(report: HealthReport, status = 200): Response {
  return new Response(JSON.stringify(successResponse(report)), {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}
