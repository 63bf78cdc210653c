import type { LoggerLike } from "../logging/logger.ts";
import type { NextLike } from "./_hono.ts";
import type { RoutesOf } from "./routes_of.ts";
import { endpointOf } from "./_route_meta.ts";
import { isBehindGlam, replaceDefaultOnError } from "./_default_on_error.ts";
import { guardsOf } from "./_guards_of.ts";
import { missingGuard, unguarded } from "./_run_guards.ts";
import { uncoveredRoutes } from "./_uncovered_routes.ts";

/**
 * Checks that every endpoint of an application stands under the path of its contract and behind the guards that it needs.
 * `implement` sees only the application that it is given, and not what mounts that.
 *
 * @throws {TypeError} when one does not.
 */
export function assertMountedWell(app: object | undefined): void {
  const { routes } = (app ?? {}) as Partial<RoutesOf>;
  if (!Array.isArray(routes)) return; // no Hono application
  for (const [index, { path, handler }] of (routes as RoutesOf["routes"]).entries()) {
    const endpoint = endpointOf(handler);
    if (endpoint === undefined) continue;
    if (endpoint.path !== path) {
      throw new TypeError(
        `The endpoint "${endpoint.route}" stands at "${path}": give its contract that path, or mount its application so that they agree`,
      );
    }
    const guards = guardsOf(routes as RoutesOf["routes"], index);
    const missing = missingGuard(endpoint, guards);
    if (missing !== undefined) throw unguarded(endpoint, missing);
    for (const guard of [guards.authenticate, guards.rateLimit, guards.idempotency]) {
      guard?.check?.(endpoint, guards);
    }
  }
}

/**
 * What is due when the routes of an application that will be served are all registered: the check of
 * {@link assertMountedWell}, the warning of {@link warnOfUncovered}, and an `onError` that leaves the console to `glamMiddleware`.
 *
 * @throws {TypeError} when an endpoint is mounted wrongly.
 */
export function finishRoutes(app: object | undefined, logger: LoggerLike): void {
  assertMountedWell(app);
  warnOfUncovered(app, logger);
  if (isBehindGlam(app)) replaceDefaultOnError(app);
}

const warned = new WeakSet<object>();

/** Warns, once for each application, of the plain routes that no caller has to prove anything to. */
function warnOfUncovered(app: object | undefined, logger: LoggerLike): void {
  const { routes } = (app ?? {}) as Partial<RoutesOf>;
  if (app === undefined || !Array.isArray(routes) || warned.has(app)) return;
  warned.add(app);
  const uncovered = uncoveredRoutes(routes as RoutesOf["routes"]);
  if (uncovered.length === 0) return;
  logger.warn("Plain routes are open to everybody: guards cover endpoints alone", { routes: uncovered });
}

/** A check that takes place before the first request, when all routes are registered. */
export interface RoutesCheck {
  /** Whether there is nothing left to check. */
  readonly areChecked: boolean;
  /** The same handlers, behind the check: as long as it fails, so does every request. */
  checkBefore(next: NextLike): NextLike;
}

/** The check of an application, where there is one. */
export function checkedOnce(app: RoutesOf | undefined, logger: LoggerLike): RoutesCheck {
  let areChecked = app === undefined;
  return {
    get areChecked() {
      return areChecked;
    },
    checkBefore: (next) => async () => {
      assertMountedWell(app);
      replaceDefaultOnError(app);
      warnOfUncovered(app, logger);
      areChecked = true;
      await next();
    },
  };
}
