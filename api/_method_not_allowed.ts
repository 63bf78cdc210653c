import { GlamError } from "../errors/glam_error.ts";

/** The path has routes, but none for the method of the request. */
export class MethodNotAllowedError extends GlamError {
  /** Value of the header `Allow`, which a 405 must have (RFC 9110, 15.5.6). */
  readonly allow: string;

  constructor(methods: readonly string[]) {
    super("Method Not Allowed", { code: "HTTP_405", status: 405 });
    this.allow = methods.join(", ");
  }
}

/** The part of a Hono application that tells which methods a path has. */
export interface RoutedApp {
  /** Every registered handler; the method of middleware is `ALL`. */
  readonly routes: readonly { readonly method: string; readonly path: string; readonly handler: unknown }[];
  /** The router. */
  readonly router: {
    /** What would run for a request: pairs of a handler with its route, and parameters. */
    match(method: string, path: string): readonly [readonly (readonly [unknown, unknown])[], ...unknown[]];
  };
}

/**
 * The methods that the routes of a path allow, for `Allow`; none where the path has no route at all, or no application
 * was given. Hono answers HEAD by the routes of GET, and never reaches a route for HEAD.
 */
export function allowedMethods(app: RoutedApp | undefined, path: string): string[] {
  if (app === undefined) return [];
  const methods = new Set(
    app.routes.map((route) => route.method).filter((method) => !["ALL", "HEAD"].includes(method)),
  );
  const allowed = [...methods].filter((method) =>
    app.router.match(method, path)[0].some(([handler]) => isRoute(handler))
  );
  if (allowed.includes("GET")) allowed.push("HEAD");
  return allowed.sort();
}

/** Routers keep `[handler, route]` pairs; middleware has the method `ALL`. */
function isRoute(handler: unknown): boolean {
  const route = (handler as readonly [unknown, { readonly method?: unknown }?])[1];
  return route?.method !== undefined && route.method !== "ALL";
}
