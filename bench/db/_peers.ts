import { eq, sql } from "drizzle-orm";
import { integer, numeric, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from "kysely";
import type postgres from "postgres";

/** Finds a row by its id. */
export type Find = (id: string) => Promise<unknown>;

const items = pgTable("items", {
  id: uuid().primaryKey(),
  name: text().notNull(),
  price: numeric().notNull(),
  stock: integer().notNull(),
  note: text(),
  created_at: timestamp({ withTimezone: true }).notNull(),
  updated_at: timestamp({ withTimezone: true }).notNull(),
});

/** Drizzle, as one writes it at first. */
export function drizzleFind(raw: postgres.Sql): Find {
  const db = drizzle(raw);
  return async (id) => (await db.select().from(items).where(eq(items.id, id)))[0];
}

/** Drizzle with a prepared statement. */
export function preparedDrizzleFind(raw: postgres.Sql): Find {
  const find = drizzle(raw).select().from(items).where(eq(items.id, sql.placeholder("id"))).prepare("find");
  return async (id) => (await find.execute({ id }))[0];
}

interface KyselyTables {
  readonly items: {
    readonly id: string;
    readonly name: string;
    readonly price: string;
    readonly stock: number;
    readonly note: string | null;
    readonly created_at: Date;
    readonly updated_at: Date;
  };
}

/** Kysely, on postgres.js as the package kysely-postgres-js puts it. */
export function kyselyFind(raw: postgres.Sql): Find {
  const db = new Kysely<KyselyTables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        init: () => Promise.resolve(),
        destroy: () => Promise.resolve(),
        acquireConnection: async () => new ReservedConnection(await raw.reserve()),
        releaseConnection: (connection) => Promise.resolve((connection as ReservedConnection).release()),
        beginTransaction: async (connection) =>
          void await connection.executeQuery(CompiledQuery.raw("begin")),
        commitTransaction: async (connection) =>
          void await connection.executeQuery(CompiledQuery.raw("commit")),
        rollbackTransaction: async (connection) =>
          void await connection.executeQuery(CompiledQuery.raw("rollback")),
      }),
    },
  });
  return (id) => db.selectFrom("items").selectAll().where("id", "=", id).executeTakeFirst();
}

class ReservedConnection implements DatabaseConnection {
  readonly #reserved: postgres.ReservedSql;

  constructor(reserved: postgres.ReservedSql) {
    this.#reserved = reserved;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery) {
    return { rows: Array.from(await this.#reserved.unsafe(sql, parameters.slice() as never[])) as R[] };
  }

  // deno-lint-ignore require-yield
  async *streamQuery<R>(): AsyncGenerator<{ rows: R[] }> {
    throw new Error("Not measured");
  }

  release(): void {
    this.#reserved.release();
  }
}
