import { metaOf } from "./_route_meta.ts";
import type { Guard, Guards } from "./guards.ts";
import type { RoutesOf } from "./routes_of.ts";

/** The guards of the route at `index`: those of the first `glamMiddleware` that its requests come to. */
export function guardsOf(routes: RoutesOf["routes"], index: number): Guards {
  const { path } = routes[index]!;
  const outer = routes.slice(0, index).find((each) => {
    const meta = metaOf(each.handler);
    return meta !== undefined && "guards" in meta && covers(each.path, path);
  });
  return metaOf(outer?.handler)?.guards ?? {};
}

/** The guards of the first `glamMiddleware` of an application. */
export function guardsOfApp({ routes }: RoutesOf): Guards {
  return routes.map(({ handler }) => metaOf(handler)?.guards).find((guards) => guards !== undefined) ?? {};
}

/** Every guard of an application, once. */
export function everyGuardOf(app: object | undefined): readonly Guard[] {
  const { routes = [] } = (app ?? {}) as Partial<RoutesOf>;
  if (!Array.isArray(routes)) return []; // no Hono application
  const all = (routes as RoutesOf["routes"]).flatMap(({ handler }) => {
    const { guards, middleware } = metaOf(handler) ?? {};
    return [...Object.values<Guard | undefined>({ ...guards }), middleware];
  });
  return [...new Set(all)].filter((guard) => guard !== undefined);
}

/** Whether middleware at a path runs for the routes at another. */
export function covers(pattern: string, path: string): boolean {
  if (!pattern.endsWith("*")) return pattern === path;
  const base = pattern.slice(0, -1); // ends with "/", or is empty
  return `${path}/`.startsWith(base);
}
