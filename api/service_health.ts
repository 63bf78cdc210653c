import type { BuildInfo } from "../metrics/build_info.ts";
import type { Check } from "./health_report.ts";

/** What a `createService` adds to the health of the middleware in its application. */
export interface ServiceHealth {
  /** The checks of what the service was given. */
  readonly checks: readonly Check[];
  /** Requests that a middleware has answered: the service has to answer the others. */
  readonly answered: WeakSet<Request>;
  /** Whether the service is not ready, whatever the checks say. */
  isDraining(): boolean;
  /** Aborts when a service that stops waits no longer for the requests that are still answered. */
  readonly cutOff?: AbortSignal | undefined;
  /** What runs. */
  readonly build?: BuildInfo | undefined;
  /** Which of two ports this is, where the service has one of its own for its operators. */
  readonly port?: "management" | "public" | undefined;
}

// A registered symbol, so that the middleware of another copy of the package finds it.
const KEY: unique symbol = Symbol.for("@glam/shared.service.health.v1") as never;

/** Attaches the health of a service to the object that a server passes to `app.fetch` as its second argument. */
export function offerHealth(env: object, health: ServiceHealth): void {
  (env as { [KEY]?: ServiceHealth })[KEY] = health;
}

/** The health of the service that a request came through, where it came through one. */
export function serviceHealthOf(env: unknown): ServiceHealth | undefined {
  return (env as { [KEY]?: ServiceHealth } | null | undefined)?.[KEY];
}
