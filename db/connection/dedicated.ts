import type { Database } from "../database.ts";
import type { Sql } from "../sql.ts";

/** One connection outside of the pool, without its time limits. */
export interface DedicatedConnection {
  /** Always the same connection, so that `begin` and `set` apply to later queries. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** Events of a dedicated connection. */
export interface DedicatedEvents {
  /** Called for each notification. */
  onNotify(channel: string, payload: string): void;
  /** Called when the connection is closed. */
  onClose(): void;
}

/** Opens dedicated connections beside the pool of a {@link Database}, for migrations and for LISTEN. */
export interface DedicatedSource {
  /** Whether connections go through a transaction pooler, where settings end with the transaction. */
  readonly pooler: boolean;
  /** The schema that the database was connected with. */
  readonly schema: string | undefined;
  /** Connects to the same server with the same TLS, credentials and connect timeout. */
  open(events?: DedicatedEvents): DedicatedConnection;
}

/** The key under which a `Database` keeps its {@link DedicatedSource}. */
export const DEDICATED: unique symbol = Symbol.for("@glam/shared.db.dedicated.v1") as never;

/** The source of `db`; `undefined` for a `Database` that this package did not create. */
export function dedicatedSource(db: Database): DedicatedSource | undefined {
  return (db as { [DEDICATED]?: DedicatedSource })[DEDICATED];
}
