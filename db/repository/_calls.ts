import { outside } from "../../internal/outside.ts";
import type { Tenant } from "./_insert.ts";
import type { Session, Sessions } from "./_session.ts";
import type { Database } from "../database.ts";
import type { Table } from "../table/table.ts";

/** What the methods of a repository do, in a module that is imported with the first call of one. */
export type Engine = typeof import("./_engine.ts");

let engine: Engine | undefined;

async function loadEngine(): Promise<Engine> {
  return engine ??= await outside(() => import("./_engine.ts"));
}

/** The calls of a repository: they wait for the engine where it is not there yet. */
export class Calls {
  readonly #db: Database;
  readonly #table: Table;
  readonly #tenant: Tenant | undefined;
  #sessions: Sessions | undefined;

  constructor(db: Database, table: Table, tenant?: Tenant) {
    this.#db = db;
    this.#table = table;
    this.#tenant = tenant;
  }

  /** The same for one tenant. */
  of(tenant: Tenant): Calls {
    return new Calls(this.#db, this.#table, tenant);
  }

  /** Makes a call. */
  make<R>(work: (engine: Engine, sessions: Sessions) => Promise<R>): Promise<R> {
    if (engine === undefined) return loadEngine().then(() => this.make(work));
    return work(engine, this.#sessions ??= new engine.Sessions(this.#db, this.#table, this.#tenant));
  }

  /** Makes a call that reads, and can do so on any connection. */
  read<R>(work: (engine: Engine, session: Session) => Promise<R>): Promise<R> {
    return this.make((engine, sessions) => sessions.run((session) => work(engine, session)));
  }
}
