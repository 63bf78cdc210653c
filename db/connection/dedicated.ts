import type { Database } from "../database.ts";
import type { Sql } from "../sql.ts";

/** One connection outside of the pool, without the pool's deadlines: for work that takes as long as it takes. */
export interface DedicatedConnection {
  /** One connection, never more: `begin` and `set` hold until the next query. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** What is told of a connection that listens. */
export interface DedicatedEvents {
  /** Called for each notification, with its channel and what it says. */
  onNotify(channel: string, payload: string): void;
  /** Called when the connection has ended, whoever ended it. */
  onClose(): void;
}

/** What a {@link Database} can open beside its pool; migrations and listeners for notifications need it. */
export interface DedicatedSource {
  /** Whether a transaction pooler is between, where a setting holds for no longer than a transaction. */
  readonly pooler: boolean;
  /** The schema that the database was connected with. */
  readonly schema: string | undefined;
  /** Connects to the same server in the same way: the same TLS, credentials and connect deadline. */
  open(events?: DedicatedEvents): DedicatedConnection;
}

/** Under which a `Database` keeps its {@link DedicatedSource}. */
export const DEDICATED: unique symbol = Symbol.for("@glam/shared.db.dedicated.v1") as never;

/** The source of `db`; `undefined` for a `Database` that this package did not make. */
export function dedicatedSource(db: Database): DedicatedSource | undefined {
  return (db as { [DEDICATED]?: DedicatedSource })[DEDICATED];
}
