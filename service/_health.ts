import { createHealth, type Health, type HealthCheckOptions } from "../api/health_checks.ts";
import type { ServiceHealth } from "../api/service_health.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { Settings } from "./_settings.ts";
import type { CheckedPart } from "./options.ts";

/** The health of what a service was given; a `glamMiddleware` in its application shows it with its own. */
export function createServiceHealth(
  { name, logger, options, relay, required }: Settings,
  isDraining: () => boolean,
): Health & ServiceHealth {
  const { bus, checks = {}, database, listeners = [] } = options;
  const own: Record<string, HealthCheckOptions> = {};
  const look = (key: string, part: CheckedPart, check: () => unknown) =>
    own[key] = { check, required: required.has(part) };
  if (database !== undefined) look("database", "database", () => database.health());
  if (bus !== undefined) look("bus", "bus", () => bus.connected);
  if (relay !== undefined) look("outbox", "outbox", () => relay.health());
  for (const [key, listener] of named(listeners)) look(key, "listeners", () => listener.health());
  const health = createHealth(name, logger, { checks: { ...own, ...checks }, isDraining });
  return { ...health, isDraining, answered: new WeakSet() };
}

/** Listeners by service and queue group, which their durable consumers are named by. */
function named(listeners: readonly Listener[]): [name: string, Listener][] {
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
