import { parametersOf, parsePath } from "../contract/_path.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import { metaOf, type RouteMeta } from "./_route_meta.ts";
import type { RoutesOf } from "./routes_of.ts";

/** One route, with what is known of it. */
export interface DocumentedRoute {
  /** Such as `GET /items/:id`. */
  readonly label: string;
  readonly method: string;
  /** Path as OpenAPI writes it: `/items/{id}`. */
  readonly path: string;
  /** Names of the path's parameters. */
  readonly names: readonly string[];
  readonly endpoint: AnyEndpoint | undefined;
  /** What the handlers of a route without a contract know. */
  readonly metas: readonly RouteMeta[];
}

const METHODS: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

/**
 * The routes that are in the document, sorted by path and method.
 *
 * @throws {TypeError} when an endpoint is mounted under another path than its own.
 */
export function documentedRoutes(app: RoutesOf): readonly DocumentedRoute[] {
  return groupRoutes(app).flatMap(({ label, method, path, metas }): DocumentedRoute[] => {
    const endpoint = metas.find((meta) => meta.endpoint !== undefined)?.endpoint;
    if (endpoint !== undefined && endpoint.path !== path) {
      throw new TypeError(
        `Cannot describe ${endpoint.route}: its application is mounted so that it stands at "${path}"`,
      );
    }
    if (endpoint?.internal || metas.some(({ description }) => description?.internal)) return [];
    if (metas.length === 0) return [];
    const { text, names } = openApiPath(path);
    return [{ label, method, path: text, names, endpoint, metas }];
  }).sort((one, other) => `${one.path} ${one.method}` < `${other.path} ${other.method}` ? -1 : 1);
}

/** The routes that nothing is known of, as `GET /items/:id`. */
export function undocumented(app: RoutesOf): readonly string[] {
  return groupRoutes(app).filter(({ metas }) => metas.length === 0).map(({ label }) => label).sort();
}

interface RouteGroup {
  readonly label: string;
  readonly method: string;
  readonly path: string;
  readonly metas: RouteMeta[];
}

/** A route has an entry for each of its handlers. */
function groupRoutes({ routes }: RoutesOf): readonly RouteGroup[] {
  const groups = new Map<string, RouteGroup>();
  for (const { method, path, handler } of routes) {
    if (!METHODS.has(method)) continue;
    const label = `${method} ${path}`;
    let group = groups.get(label);
    if (group === undefined) groups.set(label, group = { label, method, path, metas: [] });
    const meta = metaOf(handler);
    if (meta !== undefined) group.metas.push(meta);
  }
  return [...groups.values()];
}

/** A path as OpenAPI writes it. Of one with optional parts or wildcards, which endpoints do not have, as much as can be. */
function openApiPath(path: string): { readonly text: string; readonly names: readonly string[] } {
  try {
    const parts = parsePath(path);
    return {
      text: `/${parts.map((part) => typeof part === "string" ? part : `{${part.name}}`).join("/")}`,
      names: parametersOf(parts).map(({ name }) => name),
    };
  } catch {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
    return { text: path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}"), names };
  }
}
