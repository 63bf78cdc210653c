import type { ContextLike, MatchedRoute } from "./_hono.ts";

/** The endpoint of requests that no route matched. */
export const UNMATCHED = "unmatched";

const endpoints = new Map<string, string>();

/**
 * The metrics label of the route that answers: its pattern, written `/items/{id}`. Patterns are the application's, so
 * their number is bounded.
 */
export function endpointOf(c: ContextLike): string {
  const pattern = patternOf(c);
  if (pattern === undefined) return UNMATCHED;
  let endpoint = endpoints.get(pattern);
  if (endpoint === undefined) endpoints.set(pattern, endpoint = toEndpoint(pattern));
  return endpoint;
}

/** The pattern at the route that ran last; where that is a catch-all middleware, the last route of the application. */
function patternOf(c: ContextLike): string | undefined {
  const { routeIndex } = c.req;
  const current = routeAt(c, routeIndex)?.path;
  if (current !== undefined && !current.endsWith("*")) return current;
  return c.req.matchedRoutes.findLast((route) => route.method !== "ALL")?.path;
}

/** What a router found: handlers with their routes, and parameters. */
type MatchResult = readonly [
  readonly (readonly [readonly [unknown, MatchedRoute], ...unknown[]])[],
  ...unknown[],
];

let matchResult: symbol | undefined;

/** The matched route at an index. */
function routeAt(c: ContextLike, index: number): MatchedRoute | undefined {
  const matched = matchResultOf(c);
  return matched === undefined ? c.req.matchedRoutes[index] : matched[0][index]?.[0][1];
}

/** Whether the middleware is all that Hono has for the request: then it calls the middleware without its `compose`. */
export function isOnlyHandler(c: ContextLike): boolean {
  return (matchResultOf(c)?.[0].length ?? c.req.matchedRoutes.length) === 1;
}

/**
 * The router's result, which each copy of Hono keeps under a private symbol: `matchedRoutes` copies the whole list at each
 * call. `undefined` where it is kept elsewhere.
 */
function matchResultOf(c: ContextLike): MatchResult | undefined {
  const req = c.req as ContextLike["req"] & { readonly [key: symbol]: MatchResult | undefined };
  if (matchResult === undefined || req[matchResult] === undefined) {
    matchResult = Object.getOwnPropertySymbols(Object.getPrototypeOf(req)).find((key) =>
      Array.isArray(req[key])
    );
  }
  return matchResult === undefined ? undefined : req[matchResult];
}

/** Whether a route of the application, not only middleware, matched the request. */
export function hasRoute(c: ContextLike): boolean {
  return c.req.matchedRoutes.some((route) => route.method !== "ALL");
}

/** `/items/:id{[0-9]+}/:tab?` as `/items/{id}/{tab}`. */
function toEndpoint(pattern: string): string {
  let endpoint = "";
  for (let i = 0; i < pattern.length;) {
    if (pattern[i] !== ":" || pattern[i - 1] !== "/") {
      endpoint += pattern[i++];
      continue;
    }
    const name = /^[^/{?]*/.exec(pattern.slice(i + 1))![0];
    i += 1 + name.length;
    if (pattern[i] === "{") i = closingBrace(pattern, i) + 1;
    if (pattern[i] === "?") i++;
    endpoint += `{${name}}`;
  }
  return endpoint;
}

function closingBrace(pattern: string, open: number): number {
  let depth = 0;
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === "{") depth++;
    else if (pattern[i] === "}" && --depth === 0) return i;
  }
  return pattern.length;
}
