import type { Secret } from "./secret.ts";

/** The result of `databaseConfig`: options of `connectDatabase`, which has the defaults. */
export interface DatabaseConfig {
  /** Connection URL with address and credentials. */
  readonly url?: Secret | undefined;
  /** Host name or address of the server, or the directory of its Unix socket. */
  readonly host?: string | undefined;
  /** Which servers are used: as `target_session_attrs` of libpq. */
  readonly targetSessionAttrs?:
    | "any"
    | "read-write"
    | "read-only"
    | "primary"
    | "standby"
    | "prefer-standby"
    | undefined;
  /** Port of the server. */
  readonly port?: number | undefined;
  /** Used instead of `port` when `host` is this machine. */
  readonly portExternal?: number | undefined;
  /** Name of the database. */
  readonly name?: string | undefined;
  /** Name of the role. */
  readonly user?: string | undefined;
  /** Password of the role. */
  readonly password?: Secret | undefined;
  /** Whether the service uses a database. */
  readonly enabled?: boolean | undefined;
  /** Number of connections of the pool. */
  readonly poolSize?: number | undefined;
  /** Connections beyond `poolSize` when all of those are in use. */
  readonly maxOverflow?: number | undefined;
  /** Age at which a connection is replaced, in seconds. */
  readonly recycleSeconds?: number | undefined;
  /** Whether every statement is logged. */
  readonly echo?: boolean | undefined;
  /** How connections are encrypted. */
  readonly ssl?: false | "prefer" | "require" | "verify-full" | DatabaseTlsConfig | undefined;
  /** Limit for opening a connection, in milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** Limit for a statement, in milliseconds; 0 means none. */
  readonly queryTimeoutMs?: number | undefined;
  /** Limit for waiting for a lock, in milliseconds; 0 means none. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long a transaction may be idle, in milliseconds; 0 means no limit. */
  readonly idleInTransactionTimeoutMs?: number | undefined;
  /** How long closing waits for running queries, in milliseconds. */
  readonly closeTimeoutMs?: number | undefined;
  /** Whether the connection goes through a transaction pooler such as PgBouncer. */
  readonly pooler?: boolean | undefined;
  /** The schema for unqualified names. */
  readonly schema?: string | undefined;
  /** Time zone of the sessions. */
  readonly timeZone?: "UTC" | "server" | undefined;
  /** `application_name` of the connections. */
  readonly applicationName?: string | undefined;
  /** Whether to connect at the first query instead of at once. */
  readonly lazy?: boolean | undefined;
  /** Duration from which a statement is logged as slow, in milliseconds. */
  readonly slowQueryMs?: number | undefined;
}

/** TLS with your own certificates. */
export interface DatabaseTlsConfig {
  /** PEM of the certificate authorities to trust. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate. */
  readonly cert?: string | undefined;
  /** PEM of the client's key. */
  readonly key?: Secret | undefined;
  /** The host name that the server's certificate must be valid for. */
  readonly servername?: string | undefined;
}
