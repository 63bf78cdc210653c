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

/** TLS with certificates of your own. The server's certificate and name are verified. */
export interface DatabaseTlsOptions {
  /** PEM of the authorities to trust, instead of the well-known ones. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate. */
  readonly cert?: string | undefined;
  /** PEM of the client's key, or a secret that reveals it. */
  readonly key?: string | { reveal(): string } | undefined;
  /**
   * The name that the server's certificate has to be for.
   * @default the host
   */
  readonly servername?: string | undefined;
}

/** Where the database is and who connects: by a URL, or field by field as in the Python `DatabaseConfig`. */
export interface DatabaseLocation {
  /**
   * Such as `postgres://user:password@host:5432/name?sslmode=require`. The schemes of SQLAlchemy are understood
   * (`postgresql+asyncpg:`), and of the parameters `sslmode`, `application_name` and `connect_timeout`. It may be in a
   * secret that reveals it.
   */
  readonly url?: string | { reveal(): string } | undefined;
  /**
   * Name or address of the server, or the folder of its Unix socket.
   * @default "localhost"
   */
  readonly host?: string | undefined;
  /**
   * Port of the server.
   * @default 5432
   */
  readonly port?: number | undefined;
  /** Port instead of `port` where `host` is this machine: `localhost`, `127.0.0.1` or `host.docker.internal`. */
  readonly portExternal?: number | undefined;
  /** Name of the database. */
  readonly name?: string | undefined;
  /** Name of the role. */
  readonly user?: string | undefined;
  /** Password of the role, or a secret that reveals it, such as `databaseConfig` gives. */
  readonly password?: string | { reveal(): string } | undefined;
  /**
   * Whether the service uses a database at all; `false` makes {@link connectDatabase} reject with a `ConfigError`.
   * @default true
   */
  readonly enabled?: boolean | undefined;
}

/** Options of {@link connectDatabase}. Durations are milliseconds; 0 means without limit, unless said otherwise. */
export interface DatabaseOptions extends DatabaseLocation {
  /**
   * Connections that the pool may hold.
   * @default 10 with `url`, else 5
   */
  readonly poolSize?: number | undefined;
  /**
   * Connections beyond `poolSize` when all of those are in use; the two add up to the most there ever are.
   * @default 0 with `url`, else 10
   */
  readonly maxOverflow?: number | undefined;
  /**
   * Age at which a connection is replaced, in seconds, when nobody uses it; at least 1.
   * @default 3600
   */
  readonly recycleSeconds?: number | undefined;
  /**
   * Whether every statement is logged, at level `DEBUG`; never its parameters.
   * @default false
   */
  readonly echo?: boolean | undefined;
  /**
   * How the connection is encrypted: `"prefer"` where the server can, `"require"` always but without knowing who
   * answers, `"verify-full"` with a certificate that is trusted and for this host.
   * @default false
   */
  readonly ssl?: DatabaseTls | undefined;
  /**
   * Until when a connection must be open, from 1.
   * @default 5000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long a statement may take, and how long one may wait for a connection. The server ends it; where no server
   * answers at all, its connection is destroyed a moment later.
   * @default 30000
   */
  readonly queryTimeoutMs?: number | undefined;
  /**
   * How long a statement may wait for a lock.
   * @default 0
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How long a transaction may do nothing before the server ends it.
   * @default 60000
   */
  readonly idleInTransactionTimeoutMs?: number | undefined;
  /**
   * How long {@link Database.close} waits for what still runs.
   * @default 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Whether a transaction pooler such as PgBouncer is between: nothing is prepared or set for a whole connection, and
   * the deadlines are set within each transaction. Outside of one, only this side keeps `queryTimeoutMs`.
   * @default false
   */
  readonly pooler?: boolean | undefined;
  /**
   * The schema in which unqualified names are looked up and made; it need not exist yet.
   * @default the server's, `public` unless configured otherwise
   */
  readonly schema?: string | undefined;
  /**
   * What the server shows as `application_name`.
   * @default the service
   */
  readonly applicationName?: string | undefined;
  /**
   * Whether to connect at the first query instead of at once.
   * @default false
   */
  readonly lazy?: boolean | undefined;
  /**
   * Runs once, when the pool is closed, and when it could not be opened: closes what only the database needs, such as a
   * tunnel, or an embedded Postgres.
   * @default nothing
   */
  readonly onClose?: (() => Promise<void> | void) | undefined;
  /**
   * Name of the service, for logs.
   * @default SERVICE_NAME, else "glam-service"
   */
  readonly service?: string | undefined;
  /**
   * Where slow statements are logged, and with `echo` all.
   * @default without `echo` nowhere, else {@link createLogger} of the service
   */
  readonly logger?: LoggerLike | undefined;
  /**
   * From which duration a statement is logged as slow, where there is a `logger`.
   * @default 1000
   */
  readonly slowQueryMs?: number | undefined;
  /** Where the pool and the durations of queries are shown: the metrics that {@link createMetrics} made. */
  readonly metrics?: Metrics | undefined;
  /** A tracer of OpenTelemetry; each statement becomes a span. */
  readonly tracer?: TracerLike | undefined;
}
