import type { Database } from "../db/database.ts";
import type { RowList, Sql } from "../db/sql.ts";
import { isUndefinedTable } from "../db/table/is_undefined_table.ts";
import { tableName } from "../db/table/table_ddl.ts";
import type { Table } from "../db/table/table.ts";
import { ConfigError } from "../errors/config_error.ts";
import type { Row, StoredRun } from "./_row.ts";

/** How many runs of a schedule are kept. */
const KEPT_RUNS = 20;

/** What a process writes when it begins a tick of a function. */
export interface Lease {
  readonly at: Date;
  readonly id: string;
  readonly ms: number;
  readonly attempts: number;
  readonly nextAt: Date;
}

/** How a tick ended. */
export interface Ended {
  readonly at: Date;
  readonly run: StoredRun;
  readonly nextAt: Date;
}

/** The statements on the table of schedules. All times are those of the database's clock. */
export class Store {
  readonly #db: Database;
  readonly #table: string;
  readonly #columns: string;

  constructor(db: Database, table: Table) {
    this.#db = db;
    this.#table = tableName(table);
    const names = table.columns.map(({ name }) => name).filter((name) => name !== "lease_id");
    const columns = names.map((name) => name === "every_ms" ? "every_ms::float8 as every_ms" : `"${name}"`);
    this.#columns = `clock_timestamp() as now, ${columns.join(", ")}`;
  }

  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** The schedules of these names, or all of them. */
  async read(names?: readonly string[]): Promise<Row[]> {
    const which = names === undefined ? "" : "where name = any($1::text[])";
    return await this.#run<Row>(
      this.#db.sql,
      `select ${this.#columns} from ${this.#table} ${which} order by name`,
      names === undefined ? [] : [names],
    );
  }

  /** Locks a schedule; without `waits`, `undefined` where another process has locked it. */
  async lock(tx: Sql, name: string, waits = false): Promise<Row | undefined> {
    const [row] = await this.#run<Row>(
      tx,
      `select ${this.#columns} from ${this.#table} where name = $1 for update ${waits ? "" : "skip locked"}`,
      [name],
    );
    return row;
  }

  async now(): Promise<Date> {
    const [row] = await this.#run<{ now: Date }>(this.#db.sql, "select clock_timestamp() as now", []);
    return row!.now;
  }

  async insert(
    name: string,
    { cron, everyMs, timeZone }: {
      readonly cron?: string;
      readonly everyMs?: number;
      readonly timeZone: string;
    },
    definition: string,
    nextAt: Date,
  ): Promise<void> {
    await this.#run(
      this.#db.sql,
      `insert into ${this.#table} (name, cron, every_ms, time_zone, definition, next_at)
       values ($1, $2, $3::bigint, $4, $5, $6) on conflict (name) do nothing`,
      [name, cron ?? null, everyMs ?? null, timeZone, definition, nextAt],
    );
  }

  async replace(
    tx: Sql,
    name: string,
    { cron, everyMs, timeZone }: {
      readonly cron?: string;
      readonly everyMs?: number;
      readonly timeZone: string;
    },
    definition: string,
    superseded: readonly string[],
    nextAt: Date,
  ): Promise<void> {
    await this.#run(
      tx,
      `update ${this.#table} set cron = $2, every_ms = $3::bigint, time_zone = $4, definition = $5,
         superseded = $6::text::jsonb, next_at = $7, version = version + 1, seen_at = clock_timestamp()
       where name = $1`,
      [name, cron ?? null, everyMs ?? null, timeZone, definition, JSON.stringify(superseded), nextAt],
    );
  }

  /** Notes that a process has these schedules. */
  async seen(definitions: ReadonlyMap<string, string>): Promise<void> {
    await this.#run(
      this.#db.sql,
      `update ${this.#table} as t set seen_at = clock_timestamp()
       from unnest($1::text[], $2::text[]) as mine (name, definition)
       where t.name = mine.name and t.definition = mine.definition`,
      [[...definitions.keys()], [...definitions.values()]],
    );
  }

  async begin(tx: Sql, name: string, { at, id, ms, attempts, nextAt }: Lease): Promise<void> {
    await this.#run(
      tx,
      `update ${this.#table} set running_at = $2, started_at = clock_timestamp(), lease_id = $3, attempts = $5,
         lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond', next_at = $6,
         requested_at = case when requested_at = $2 then null else requested_at end
       where name = $1`,
      [name, at, id, ms, attempts, nextAt],
    );
  }

  /** Renews a lease; `false` when another process has it. */
  async renew(name: string, id: string, ms: number): Promise<boolean> {
    const { count } = await this.#run(
      this.#db.sql,
      `update ${this.#table} set lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
       where name = $1 and lease_id = $2`,
      [name, id, ms],
    );
    return count === 1;
  }

  /** Gives a tick back, so that another process begins it at once. */
  async release(name: string, id: string): Promise<void> {
    await this.#run(
      this.#db.sql,
      `update ${this.#table} set lease_until = clock_timestamp(), attempts = attempts - 1
       where name = $1 and lease_id = $2`,
      [name, id],
    );
  }

  /** Notes how ticks ended; `lease` is that of a function. `false` when another process has the lease. */
  async end(tx: Sql, name: string, ended: readonly Ended[], lease?: string): Promise<boolean> {
    const last = ended.at(-1)!;
    const runs = ended.map(({ run }) => run).reverse();
    const { count } = await this.#run(
      tx,
      `update ${this.#table} set last_at = $2, next_at = $3, running_at = null, started_at = null,
         lease_id = null, lease_until = null, attempts = 0,
         requested_at = case when requested_at = any($4::text[]::timestamptz[]) then null else requested_at end,
         runs = jsonb_path_query_array($5::text::jsonb || runs, '$[0 to ${KEPT_RUNS - 1}]')
       where name = $1 and ($6::text is null or lease_id = $6)`,
      [
        name,
        last.at,
        last.nextAt,
        ended.map(({ at }) => at.toISOString()),
        JSON.stringify(runs),
        lease ?? null,
      ],
    );
    return count === 1;
  }

  /** Leaves ticks out. */
  async skip(tx: Sql, name: string, nextAt: Date): Promise<void> {
    await this.#run(tx, `update ${this.#table} set next_at = $2 where name = $1`, [name, nextAt]);
  }

  async pause(tx: Sql, name: string): Promise<void> {
    await this.#run(tx, `update ${this.#table} set paused_at = clock_timestamp() where name = $1`, [name]);
  }

  async resume(tx: Sql, name: string, nextAt: Date): Promise<void> {
    await this.#run(tx, `update ${this.#table} set paused_at = null, next_at = $2 where name = $1`, [
      name,
      nextAt,
    ]);
  }

  async request(tx: Sql, name: string, at: Date): Promise<void> {
    await this.#run(tx, `update ${this.#table} set requested_at = $2 where name = $1`, [name, at]);
  }

  async #run<T extends object>(sql: Sql, text: string, parameters: readonly unknown[]): Promise<RowList<T>> {
    try {
      return await sql.unsafe<T>(text, parameters, { prepare: true });
    } catch (error) {
      throw isUndefinedTable(error)
        ? new ConfigError(
          `Cannot find the table of schedules ${this.#table} in the database: migrate it, with \`scheduler.table\` in ` +
            "the list of tables, or call `scheduler.ensureTable()`",
          { cause: error },
        )
        : error;
    }
  }
}
