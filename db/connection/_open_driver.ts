import { outsideContext } from "../../internal/outside_context.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import type { Driver } from "./_driver.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import type { Settings } from "./_settings.ts";
import type { DedicatedEvents } from "./dedicated.ts";
import { Sockets } from "./_sockets.ts";
import { TIME_TYPES, timeSettings } from "./_time_types.ts";

/** The driver's pool, and the sockets that it uses. */
export interface OpenDriver {
  readonly driver: Driver;
  /** `undefined` on workerd, where the driver opens its own sockets. */
  readonly sockets: Sockets | undefined;
}

/** The driver's main function. */
export type DriverFactory = (options: never) => unknown;

/** Imports the driver. */
export async function loadDriver(): Promise<DriverFactory> {
  return (await outsideContext(() => import("postgres"))).default as DriverFactory;
}

/** Creates the driver's pool. It connects at the first query. */
export function openDriver(
  postgres: DriverFactory,
  settings: Settings,
  onLost: (key: string) => void = () => {},
  events?: DedicatedEvents,
): OpenDriver {
  const { address, connectTimeoutMs, recycleSeconds, pooler, max } = settings;
  const { servers, targetSessionAttrs, name, user, password, ssl } = address;
  const { host, port, path } = servers[0]!;
  const sockets = detectRuntime() === "workerd"
    ? undefined
    : new Sockets({ address, connectTimeoutMs, onLost });
  const options = {
    host,
    port,
    ...(path === undefined ? {} : { path }),
    database: name,
    user,
    pass: password, // a function, so that printing the options does not print the password
    max,
    prepare: !pooler,
    connection: startupParameters(settings),
    types: TIME_TYPES,
    // Randomised, so that connections are not all replaced at once.
    max_lifetime: () => recycleSeconds * (0.9 + Math.random() / 10),
    idle_timeout: null,
    fetch_types: false, // the pool selects them once, instead of each connection
    backoff: 0, // Sockets does
    onnotice: () => {},
    ...(events === undefined ? {} : { onnotify: events.onNotify, onclose: events.onClose }),
    ...(sockets === undefined
      ? {
        ssl: typeof ssl === "object" ? { ...ssl } : ssl,
        connect_timeout: connectTimeoutMs / 1000,
        host: servers.map(({ host }) => host),
        port: servers.map(({ port }) => port),
        ...(targetSessionAttrs === "any" ? {} : { target_session_attrs: targetSessionAttrs }),
      }
      : { ssl: false, connect_timeout: 0, socket: () => outsideContext(() => sockets.open()) }),
  };
  return { driver: postgres(options as never) as Driver, sockets };
}

// https://www.postgresql.org/docs/current/runtime-config-client.html
function startupParameters(settings: Settings): Record<string, string | number> {
  const { applicationName, schema, startupOptions, pooler, timeZone } = settings;
  const times = timeSettings(timeZone);
  // A pooler takes no others.
  if (pooler) return { application_name: "", ...times };
  return {
    ...(startupOptions === undefined ? {} : { options: startupOptions }),
    application_name: applicationName,
    ...times,
    ...timeouts(settings),
    ...(schema === undefined ? {} : { search_path: quoteIdentifier(schema) }),
  };
}

/** The time limits that the server enforces, by the names of its settings. */
export function timeouts(settings: Settings): Record<string, number> {
  const { queryTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs } = settings;
  const all = {
    statement_timeout: queryTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, ms]) => ms > 0).map(([name, ms]) => [name, Math.ceil(ms)]),
  );
}
