import { outsideContext } from "../../internal/outside_context.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import type { Driver } from "./_driver.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import type { Settings } from "./_settings.ts";
import type { DedicatedEvents } from "./dedicated.ts";
import { Sockets } from "./_sockets.ts";

/** A pool of the driver, and the sockets that it was given. */
export interface OpenDriver {
  readonly driver: Driver;
  /** Not on workerd, whose sockets the driver opens itself. */
  readonly sockets: Sockets | undefined;
}

/** Makes a pool of the driver. */
export type DriverFactory = (options: never) => unknown;

/** The driver, imported when a database is first connected to. */
export async function loadDriver(): Promise<DriverFactory> {
  return (await outsideContext(() => import("postgres"))).default as DriverFactory;
}

/** Opens a pool of the driver; its first connection waits for the first query. */
export function openDriver(
  postgres: DriverFactory,
  settings: Settings,
  onLost: (key: string) => void = () => {},
  events?: DedicatedEvents,
): OpenDriver {
  const { address, connectTimeoutMs, recycleSeconds, pooler, max } = settings;
  const { host, port, path, name, user, password, ssl } = address;
  const sockets = detectRuntime() === "workerd"
    ? undefined
    : new Sockets({ address, connectTimeoutMs, onLost });
  const options = {
    host,
    port,
    ...(path === undefined ? {} : { path }),
    database: name,
    user,
    pass: password, // a function: whoever prints the options does not print it
    max,
    prepare: !pooler,
    connection: pooler ? { application_name: "" } : startupParameters(settings),
    // Not all at once, and none later than it should.
    max_lifetime: () => recycleSeconds * (0.9 + Math.random() / 10),
    idle_timeout: null,
    fetch_types: false, // the pool asks once, not each connection
    backoff: 0, // the sockets see to that
    onnotice: () => {},
    ...(events === undefined ? {} : { onnotify: events.onNotify, onclose: events.onClose }),
    ...(sockets === undefined
      ? { ssl: typeof ssl === "object" ? { ...ssl } : ssl, connect_timeout: connectTimeoutMs / 1000 }
      : { ssl: false, connect_timeout: 0, socket: () => outsideContext(() => sockets.open()) }),
  };
  return { driver: postgres(options as never) as Driver, sockets };
}

// https://www.postgresql.org/docs/current/runtime-config-client.html
function startupParameters(settings: Settings): Record<string, string | number> {
  const { applicationName, schema } = settings;
  return {
    application_name: applicationName,
    ...timeouts(settings),
    ...(schema === undefined ? {} : { search_path: quoteIdentifier(schema) }),
  };
}

/** The deadlines that the server keeps, by the names of its settings. */
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
