import { createHealth, type Health, type HealthCheckOptions } from "../api/health_checks.ts";
import type { ServiceHealth } from "../api/service_health.ts";
import type { BuildInfo } from "../metrics/build_info.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { Settings } from "./_settings.ts";
import type { CheckedPart } from "./options.ts";

/** The health of a service's parts, which a `glamMiddleware` in its application reports beside its own checks. */
export function createServiceHealth(
  { name, logger, options, relay, required }: Settings,
  isDraining: () => boolean,
  build: BuildInfo,
): Health & ServiceHealth {
  const { bus, checks = {}, database, listeners = [], scheduler } = options;
  const own: Record<string, HealthCheckOptions> = {};
  const addCheck = (key: string, part: CheckedPart, check: () => unknown) =>
    own[key] = { check, required: required.has(part) };
  if (database !== undefined) addCheck("database", "database", () => database.health());
  if (bus !== undefined) addCheck("bus", "bus", () => bus.connected);
  if (relay !== undefined) addCheck("outbox", "outbox", () => relay.health());
  for (const [key, listener] of namedListeners(listeners)) {
    addCheck(key, "listeners", () => listener.health());
  }
  if (scheduler !== undefined) addCheck("scheduler", "scheduler", () => scheduler.health());
  const health = createHealth(name, logger, { checks: { ...own, ...checks }, isDraining });
  const host: ServiceHealth = { checks: health.checks, answered: new WeakSet(), build, isDraining };
  return { ...health, ...host, report: () => health.report({ ...host, checks: [] }) };
}

/** Listeners by the prefix of their durable consumers: service and queue group. */
export function namedListeners(listeners: readonly Listener[]): [name: string, Listener][] {
  const taken = new Map<string, number>();
  return listeners.map((listener) => {
    const name = nameOf(listener);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return [count === 1 ? name : `${name}-${count}`, listener];
  });
}

function nameOf({ durables }: Listener): string {
  for (const [subject, durable] of durables ?? []) return durable.slice(0, -(subject.length + 1));
  return "listener";
}
