import type { TableMapping } from "./_table_mapping.ts";
import { mappingOf } from "./_table_mapping.ts";
import { Query } from "./_query.ts";
import { tenantOf } from "./_tenant.ts";
import type { Tenant } from "./_insert.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { isInTransaction } from "../transaction/in_transaction.ts";
import type { Database } from "../database.ts";
import type { DeletedRows } from "./query_options.ts";
import type { Sql } from "../sql.ts";
import type { Scope } from "./_where.ts";
import type { Table } from "../table/table.ts";

/** One call of a repository: the table, the tenant that it works for, and where its queries go. */
export interface Session {
  readonly mapping: TableMapping;
  readonly tenant: Tenant | undefined;
  /** Joins the transaction of the caller. */
  readonly sql: Sql;
}

/** A session in a transaction that lasts until it is released. */
export interface HeldSession {
  readonly session: Session;
  /** Whether the transaction is the caller's. */
  readonly joined: boolean;
  release(): Promise<void>;
}

/** Makes the sessions of a repository. */
export class Sessions {
  readonly db: Database;
  readonly mapping: TableMapping;
  readonly #given: Tenant | undefined;

  constructor(db: Database, table: Table, given?: Tenant) {
    this.db = db;
    this.mapping = mappingOf(table);
    this.#given = given;
  }

  /** The tenant, if the table has some. */
  tenant(): Tenant | undefined {
    return tenantOf(this.mapping.table, this.#given);
  }

  /** Runs one statement, or several that need not be one transaction. */
  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { mapping, db } = this;
    const tenant = this.tenant();
    try {
      if (mapping.table.rowLevelSecurity) return await this.#inTransaction(tenant, work);
      return await work({ mapping, tenant, sql: db.sql });
    } catch (error) {
      throw toTypedError(error);
    }
  }

  /** Runs statements that all happen, or none. */
  async transact<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#inTransaction(this.tenant(), work);
    } catch (error) {
      throw toTypedError(error);
    }
  }

  /**
   * A transaction for as long as it is held: that of the caller where there is one, which goes on, else one that only
   * reads.
   */
  async hold(): Promise<HeldSession> {
    const { mapping, db } = this;
    const tenant = this.tenant();
    if (isInTransaction(db)) {
      const session = { mapping, tenant, sql: db.sql };
      if (mapping.table.rowLevelSecurity) await setTenant(db.sql, mapping, tenant!);
      return { session, joined: true, release: () => Promise.resolve() };
    }
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<Sql>();
    const done = db.transaction(async (sql) => {
      if (mapping.table.rowLevelSecurity) await setTenant(sql, mapping, tenant!);
      opened.resolve(sql);
      await released;
    }, { readOnly: true, retries: 0 });
    done.catch(opened.reject);
    const session = { mapping, tenant, sql: await opened.promise };
    return {
      session,
      joined: false,
      async release() {
        release();
        // Where a statement failed, that is what the caller sees.
        await done.catch(() => {});
      },
    };
  }

  #inTransaction<T>(tenant: Tenant | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const { mapping, db } = this;
    return db.transaction(async (sql) => {
      if (mapping.table.rowLevelSecurity) await setTenant(sql, mapping, tenant!);
      return await work({ mapping, tenant, sql });
    });
  }
}

/** What failed as an error of this package; a mistake of the program stays what it is. */
export function toTypedError(error: unknown): unknown {
  return error instanceof TypeError || error instanceof RangeError ? error : toGlamError(error);
}

/** Tells the policy of a table with row level security whose rows are meant, for this transaction only. */
export async function setTenant(sql: Sql, mapping: TableMapping, tenant: Tenant): Promise<void> {
  await new Query().add("SELECT set_config('app.merchant_id', ").bind(tenant.id).add(", TRUE)").run(
    sql,
    mapping.texts,
  );
}

/** Which rows a query of this session is about. */
export function scopeOf({ tenant }: Session, deleted?: DeletedRows): Scope {
  return { tenant: tenant?.id, deleted };
}
