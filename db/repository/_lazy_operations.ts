import { outsideContext } from "../../internal/outside_context.ts";
import type { Tenant } from "./_insert.ts";
import type { Session, Sessions } from "./_session.ts";
import type { Database } from "../database.ts";
import type { Table } from "../table/table.ts";

/** The work of a repository's methods, in a module that the first call imports. */
export type Operations = typeof import("./_operations.ts");

let operations: Operations | undefined;

async function loadOperations(): Promise<Operations> {
  return operations ??= await outsideContext(() => import("./_operations.ts"));
}

/** Runs the calls of a repository, after importing the operations where that has not happened yet. */
export class LazyOperations {
  readonly #db: Database;
  readonly #table: Table;
  readonly #tenant: Tenant | undefined;
  #sessions: Sessions | undefined;

  constructor(db: Database, table: Table, tenant?: Tenant) {
    this.#db = db;
    this.#table = table;
    this.#tenant = tenant;
  }

  /** The operations of the same table for one tenant. */
  of(tenant: Tenant): LazyOperations {
    return new LazyOperations(this.#db, this.#table, tenant);
  }

  /** Runs a call. */
  run<R>(work: (operations: Operations, sessions: Sessions) => Promise<R>): Promise<R> {
    if (operations === undefined) return loadOperations().then(() => this.run(work));
    return work(operations, this.#sessions ??= new operations.Sessions(this.#db, this.#table, this.#tenant));
  }

  /** Runs a call that only reads, in a session. */
  read<R>(work: (operations: Operations, session: Session) => Promise<R>): Promise<R> {
    return this.run((operations, sessions) => sessions.run((session) => work(operations, session)));
  }
}
