import type { Secret } from "./secret.ts";

/** What `databaseConfig` gives: options of `connectDatabase`, which has the defaults of what is left out. */
export interface DatabaseConfig {
  /** All of where and who in one URL. */
  readonly url?: Secret | undefined;
  /** Name or address of the server, or the folder of its Unix socket. */
  readonly host?: string | undefined;
  /** Port of the server. */
  readonly port?: number | undefined;
  /** Port instead of `port` where `host` is this machine. */
  readonly portExternal?: number | undefined;
  /** Name of the database. */
  readonly name?: string | undefined;
  /** Name of the role. */
  readonly user?: string | undefined;
  /** Password of the role. */
  readonly password?: Secret | undefined;
  /** Whether the service uses a database at all. */
  readonly enabled?: boolean | undefined;
  /** Connections that the pool may hold. */
  readonly poolSize?: number | undefined;
  /** Connections beyond `poolSize` when all of those are in use. */
  readonly maxOverflow?: number | undefined;
  /** Age at which a connection is replaced, in seconds. */
  readonly recycleSeconds?: number | undefined;
  /** Whether every statement is logged. */
  readonly echo?: boolean | undefined;
  /** How the connection is encrypted. */
  readonly ssl?: false | "prefer" | "require" | "verify-full" | DatabaseTlsConfig | undefined;
  /** Until when a connection must be open. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a statement may take. */
  readonly queryTimeoutMs?: number | undefined;
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long a transaction may do nothing. */
  readonly idleInTransactionTimeoutMs?: number | undefined;
  /** How long closing waits for what still runs. */
  readonly closeTimeoutMs?: number | undefined;
  /** Whether a transaction pooler such as PgBouncer is between. */
  readonly pooler?: boolean | undefined;
  /** The schema in which unqualified names are looked up. */
  readonly schema?: string | undefined;
  /** What the server shows as `application_name`. */
  readonly applicationName?: string | undefined;
  /** Whether to connect at the first query instead of at once. */
  readonly lazy?: boolean | undefined;
  /** From which duration a statement is logged as slow, in milliseconds. */
  readonly slowQueryMs?: number | undefined;
}

/** How a connection is encrypted, with certificates of one's own. */
export interface DatabaseTlsConfig {
  /** PEM of the authorities to trust. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate. */
  readonly cert?: string | undefined;
  /** PEM of the client's key. */
  readonly key?: Secret | undefined;
  /** The name that the server's certificate has to be for. */
  readonly servername?: string | undefined;
}
