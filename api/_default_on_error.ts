import { onError } from "./handlers.ts";
import type { ContextLike } from "./_hono.ts";
import { metaOf } from "./_route_meta.ts";
import type { RoutesOf } from "./routes_of.ts";

type ErrorHandler = (error: Error, c: ContextLike) => Response | Promise<Response>;

interface HonoLike {
  readonly errorHandler?: unknown;
  onError(handler: ErrorHandler): unknown;
}

/**
 * Gives an application this package's `onError` in place of Hono's default one, which prints an unknown error on the
 * console, beside the line of `glamMiddleware`. One that the application has set stays.
 *
 * It is called when all routes are registered: an application that has an `onError` keeps its errors from the `onError` of
 * the application that mounts it.
 */
export function replaceDefaultOnError(app: object | undefined): void {
  const hono = app as Partial<HonoLike> | undefined;
  if (typeof hono?.onError !== "function" || hono.errorHandler === undefined) return;
  try {
    const untouched = Reflect.construct(hono.constructor, []) as Partial<HonoLike>;
    if (untouched.errorHandler === hono.errorHandler) hono.onError(onError);
  } catch { // a class of its own, which is not made without arguments
  }
}

/** Whether a `glamMiddleware` sees every request of an application. */
export function isBehindGlam(app: object | undefined): boolean {
  const { routes } = (app ?? {}) as Partial<RoutesOf>;
  if (!Array.isArray(routes)) return false; // no Hono application
  return (routes as RoutesOf["routes"]).some(({ path, handler }) => {
    const meta = metaOf(handler);
    return (path === "*" || path === "/*") && meta !== undefined && "guards" in meta;
  });
}
