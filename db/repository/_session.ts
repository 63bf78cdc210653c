import type { TableMapping } from "./_table_mapping.ts";
import { mappingOf } from "./_table_mapping.ts";
import { withFields } from "./_conflict_fields.ts";
import { Query } from "./_query.ts";
import { tenantOf } from "./_tenant.ts";
import type { Tenant } from "./_insert.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { withCaller } from "../pool/_query_site.ts";
import { isInTransaction } from "../transaction/in_transaction.ts";
import type { Database } from "../database.ts";
import type { DeletedRows, RowOrigin } from "./query_options.ts";
import { toRowError } from "./_row_fault.ts";
import type { Sql } from "../sql.ts";
import type { Scope } from "./_where.ts";
import type { Table } from "../table/table.ts";

/** What one call of a repository works with: the table, its tenant, and the tag for its queries. */
export interface Session {
  readonly mapping: TableMapping;
  readonly tenant: Tenant | undefined;
  /** Joins the caller's transaction, if there is one. */
  readonly sql: Sql;
}

/** A transaction that stays open until it is released. */
export interface HeldSession {
  /** Whether the transaction is the caller's. */
  readonly joined: boolean;
  /** Whether a batch may be read while the caller uses the transaction for something else. */
  readonly readsAhead: boolean;
  /** Runs statements in it, as its tenant. */
  run<T>(work: (session: Session) => Promise<T>): Promise<T>;
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

  /** The tenant, if the table has tenants. */
  tenant(): Tenant | undefined {
    return tenantOf(this.mapping.table, this.#given);
  }

  /** Runs one statement, or several that need no common transaction. */
  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { mapping, db } = this;
    const tenant = this.tenant();
    try {
      if (mapping.table.rowLevelSecurity) return await this.#inTransaction(tenant, work);
      return await work({ mapping, tenant, sql: db.sql });
    } catch (error) {
      throw withFields(toTypedError(error), this.mapping.table);
    }
  }

  /** Runs a statement that writes rows of this origin. */
  async write<T>(from: RowOrigin, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.run(work);
    } catch (error) {
      throw toRowError(error, this.mapping.table, from);
    }
  }

  /** Runs statements that write rows of this origin in one transaction. */
  async transact<T>(from: RowOrigin, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#inTransaction(this.tenant(), work);
    } catch (error) {
      throw toRowError(withFields(toTypedError(error), this.mapping.table), this.mapping.table, from);
    }
  }

  /**
   * Holds a transaction open: the caller's, which continues after the release, else a new read-only one.
   */
  async hold(): Promise<HeldSession> {
    const { mapping, db } = this;
    const tenant = this.tenant();
    if (isInTransaction(db)) {
      const session = { mapping, tenant, sql: db.sql };
      return {
        joined: true,
        readsAhead: !mapping.table.rowLevelSecurity,
        // The caller's transaction has one tenant at a time, and may set another one between two statements of a cursor.
        run: mapping.table.rowLevelSecurity
          ? (work) => this.#inTransaction(tenant, work)
          : (work) => work(session),
        release: () => Promise.resolve(),
      };
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
      joined: false,
      readsAhead: true,
      run: (work) => work(session),
      async release() {
        release();
        // The caller already has the error of a statement that failed.
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

/** Converts what was thrown to an error of this package; a TypeError or RangeError stays as it is. */
export function toTypedError(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError) return error;
  return withCaller(toGlamError(error));
}

/** Sets the tenant that the policy of a table with row level security reads, for this transaction only. */
export async function setTenant(sql: Sql, mapping: TableMapping, tenant: Tenant): Promise<void> {
  await new Query().add("SELECT set_config('app.merchant_id', ").bind(tenant.id).add(", TRUE)").run(
    sql,
    mapping.statements,
  );
}

/** The rows that a query of this session may see. */
export function scopeOf({ tenant }: Session, deleted?: DeletedRows): Scope {
  return { tenant: tenant?.id, deleted };
}
