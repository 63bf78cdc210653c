import { covers, guardsOf } from "./_guards_of.ts";
import { metaOf } from "./_route_meta.ts";
import type { RoutesOf } from "./routes_of.ts";

/**
 * The plain routes of an application with a guard of authentication that nothing guards, as `GET /items/:id`: neither the
 * contract of an endpoint, nor a middleware that proves who calls.
 */
export function uncoveredRoutes(routes: RoutesOf["routes"]): readonly string[] {
  const open = new Set<string>();
  const covered = new Set<string>();
  for (const [index, { method, path, handler }] of routes.entries()) {
    const label = `${method} ${path}`;
    const meta = metaOf(handler);
    if (meta?.endpoint !== undefined || meta?.authenticates === true) covered.add(label);
    if (method === "ALL" && isMiddleware(handler)) continue;
    const isGuarded = guardsOf(routes, index).authenticate !== undefined;
    if (isGuarded && !routes.slice(0, index).some((each) => isAuthentication(each, path))) open.add(label);
  }
  return [...open].filter((label) => !covered.has(label)).sort();
}

/** As Hono's own `inspectRoutes` tells middleware from handlers. */
function isMiddleware(handler: unknown): boolean {
  return typeof handler === "function" && handler.length > 1;
}

function isAuthentication({ method, path, handler }: RoutesOf["routes"][number], of: string): boolean {
  return method === "ALL" && metaOf(handler)?.authenticates === true && covers(path, of);
}
