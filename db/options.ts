import type { LoggerLike } from "../logging/logger.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { TracerLike } from "./tracer.ts";

/** How a connection is encrypted. */
export type DatabaseTls =
  | false
  | "prefer"
  | "require"
  | "verify-full"
  | DatabaseTlsOptions;

/** TLS with your own certificates. The server's certificate and host name are verified. */
export interface DatabaseTlsOptions {
  /** PEM of the certificate authorities to trust, instead of the runtime's. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate. */
  readonly cert?: string | undefined;
  /** PEM of the client's key, or a secret that reveals it. */
  readonly key?: string | { reveal(): string } | undefined;
  /**
   * The host name that the server's certificate must be valid for.
   * @default the host
   */
  readonly servername?: string | undefined;
}

/**
 * Which servers of a list are used, as `target_session_attrs` of libpq: those that accept writes (`read-write`), do not
 * (`read-only`), are the primary or a standby, or a standby if there is one (`prefer-standby`). Known of PostgreSQL 14 and
 * newer; older servers are all used.
 */
export type TargetSessionAttrs =
  | "any"
  | "read-write"
  | "read-only"
  | "primary"
  | "standby"
  | "prefer-standby";

/** The address and the credentials: a URL, or fields as in the Python `DatabaseConfig`. A field overrides the URL. */
export interface DatabaseLocation {
  /**
   * A connection URL such as `postgres://user:password@host:5432/name?sslmode=require`, or a secret that reveals it.
   * SQLAlchemy's schemes (`postgresql+asyncpg:`) are accepted, and the parameters of libpq: docs/database.md has which are
   * heeded, which are left, and which are a `TypeError`. Several hosts are written as for libpq:
   * `postgres://user@db1:5432,db2:5432/name?target_session_attrs=read-write`.
   */
  readonly url?: string | { reveal(): string } | undefined;
  /**
   * Host name or address of the server, or the directory of its Unix socket. Several, separated by commas, are tried in
   * their order for each connection, beginning with the one that was used last.
   * @default "localhost"
   */
  readonly host?: string | undefined;
  /**
   * Port of the server.
   * @default 5432
   */
  readonly port?: number | undefined;
  /**
   * Which servers are used, if there are several or one that may become a standby. With `any`, `read-write` and `primary`
   * the database is unhealthy after a write was refused, until a server accepts writes.
   * @default "any"
   */
  readonly targetSessionAttrs?: TargetSessionAttrs | undefined;
  /** Used instead of `port` when `host` is `localhost`, `127.0.0.1` or `host.docker.internal`. */
  readonly portExternal?: number | undefined;
  /**
   * Name of the database.
   * @default the name of the role
   */
  readonly name?: string | undefined;
  /**
   * Name of the role.
   * @default "postgres"
   */
  readonly user?: string | undefined;
  /**
   * Password of the role, or a secret that reveals it, such as `databaseConfig` returns. A secret is asked at each
   * connection, and the last password is used where it fails: a password may change while the pool is open.
   */
  readonly password?: string | { reveal(): string } | undefined;
  /**
   * Whether the service uses a database. With `false`, {@link connectDatabase} rejects with a `ConfigError`.
   * @default true
   */
  readonly enabled?: boolean | undefined;
}

/** Options of {@link connectDatabase}. */
export interface DatabaseOptions extends DatabaseLocation {
  /**
   * Number of connections of the pool, from 1 to 10,000.
   * @default 10 with `url`, else 5
   */
  readonly poolSize?: number | undefined;
  /**
   * Connections beyond `poolSize` when all of those are in use, from 0 to 10,000. The sum of the two is the limit.
   * @default 0 with `url`, else 10
   */
  readonly maxOverflow?: number | undefined;
  /**
   * Age in seconds, from 1, at which an idle connection is replaced. A busy one is replaced when it becomes idle.
   * @default 3600
   */
  readonly recycleSeconds?: number | undefined;
  /**
   * Whether every statement is logged at level `DEBUG`. Parameters are never logged.
   * @default false
   */
  readonly echo?: boolean | undefined;
  /**
   * How connections are encrypted: `"prefer"` if the server supports TLS, `"require"` always but without verifying the
   * certificate, `"verify-full"` with a trusted certificate that is valid for the host.
   * @default false
   */
  readonly ssl?: DatabaseTls | undefined;
  /**
   * Limit for opening a connection, in milliseconds from 1. TLS and authentication count.
   * @default 5000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Limit for a statement, and for waiting for a connection of the pool, in milliseconds; 0 means none. The server
   * cancels the statement. If the server does not answer, the connection is destroyed up to a second later.
   * @default 30000
   */
  readonly queryTimeoutMs?: number | undefined;
  /**
   * Limit for waiting for a lock, in milliseconds; 0 means none.
   * @default 0
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How long a transaction may be idle before the server closes its connection, in milliseconds; 0 means no limit.
   * @default 60000
   */
  readonly idleInTransactionTimeoutMs?: number | undefined;
  /**
   * How long {@link Database.close} waits for running queries, in milliseconds; 0 means not at all.
   * @default 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Whether the connection goes through a transaction pooler such as PgBouncer. Then no statement is prepared, no
   * setting is made for a whole session, and the time limits are set in each transaction. Outside of a transaction only
   * the client enforces `queryTimeoutMs`.
   * @default false
   */
  readonly pooler?: boolean | undefined;
  /**
   * The schema for unqualified names (`search_path`). It need not exist yet.
   * @default the server's, `public` unless configured otherwise
   */
  readonly schema?: string | undefined;
  /**
   * Time zone of the sessions. `"UTC"` also holds behind a pooler and whatever the server, the database or the role is
   * configured with: then a `timestamp` without time zone is UTC in both directions. `"server"` leaves the zone as it is
   * configured: use it only if other programs write local times. A `Date` that is written to a `timestamp` is then
   * converted to that zone, but is still read as UTC.
   * @default "UTC"
   */
  readonly timeZone?: "UTC" | "server" | undefined;
  /**
   * `application_name` of the connections.
   * @default the service
   */
  readonly applicationName?: string | undefined;
  /**
   * Whether to connect at the first query instead of at once.
   * @default false
   */
  readonly lazy?: boolean | undefined;
  /**
   * Called once when the pool has been closed, or could not be opened. Use it to close what only this database needs,
   * such as a tunnel or an embedded Postgres.
   * @default nothing
   */
  readonly onClose?: (() => Promise<void> | void) | undefined;
  /**
   * Name of the service, for logs.
   * @default SERVICE_NAME, else "glam-service"
   */
  readonly service?: string | undefined;
  /**
   * Logs slow statements, and with `echo` every statement.
   * @default with `echo` {@link createLogger} of the service, else none
   */
  readonly logger?: LoggerLike | undefined;
  /**
   * Duration from which the `logger` gets a warning about a statement, in milliseconds; 0 means never.
   * @default 1000
   */
  readonly slowQueryMs?: number | undefined;
  /** Metrics of {@link createMetrics}, to which the pool and the durations of queries are added. */
  readonly metrics?: Metrics | undefined;
  /** An OpenTelemetry tracer. Each statement becomes a span. */
  readonly tracer?: TracerLike | undefined;
}
