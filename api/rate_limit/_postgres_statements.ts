import type { RowList, Sql } from "../../db/sql.ts";
import { tableName } from "../../db/table/table_ddl.ts";
import type { Table } from "../../db/table/table.ts";
import { TOLERANCE } from "./_gcra.ts";

/** The answer to a take. */
export interface TakenRow {
  readonly passed: boolean;
  /** Seconds from now to the arrival time of each policy, as JSON. */
  readonly ahead: string;
}

/** The statements of a store. Their text is built once; with an identifier as a fragment the driver would build it for each call. */
export interface RateLimitStatements {
  /** Takes what is asked, or nothing. No row where the key's row is not visible to the statement. */
  take(sql: Sql, key: string, asked: string): Promise<RowList<TakenRow>>;
  /** Deletes at most `limit` rows whose quotas are whole. */
  deleteWhole(sql: Sql, limit: number): Promise<RowList>;
}

/**
 * The statements of the store in `table`.
 *
 * A key has one row with the arrival times of all its policies, so that one lock holds them all: `on conflict` waits for
 * the row's newest version, checks every policy on it and writes, or leaves the row as it is. Times are `numeric`: in a
 * `float8` the sum of many intervals would drift.
 */
export function rateLimitStatements(table: Table): RateLimitStatements {
  const name = tableName(table);
  const arrival = `greatest(a.at, coalesce((kept.arrivals ->> a.policy)::numeric, 0))`;
  const take = statement`
    with asked as (
      select ${"?"}::text as key, q.policy, q."windowSeconds" as span, q."windowSeconds" / q."limit" as interval,
        q.cost * q."windowSeconds" / q."limit" as cost, extract(epoch from statement_timestamp())::numeric as at
      from jsonb_to_recordset(${"?"}::text::jsonb)
        as q(policy text, "limit" numeric, "windowSeconds" numeric, cost numeric), (${NO_WAIT_FOR_THE_DISK}) as setting
    ), taken as (
      insert into ${name} as kept (key, arrivals, whole_at)
      select a.key, jsonb_object_agg(a.policy, a.at + a.cost), to_timestamp(max(a.at + a.cost)::float8)
      from asked as a group by a.key
      on conflict (key) do update set
        arrivals = kept.arrivals || (select jsonb_object_agg(a.policy, ${arrival} + a.cost) from asked as a),
        whole_at = greatest(kept.whole_at, (select to_timestamp(max(${arrival} + a.cost)::float8) from asked as a))
      where (select bool_and(${arrival} + a.cost - a.at <= a.span + a.interval * ${TOLERANCE}) from asked as a)
      returning key, arrivals
    ), answer as (
      select true as passed, taken.* from taken
      union all
      select false, kept.key, kept.arrivals from ${name} as kept
      where kept.key = (select key from asked limit 1) and not exists (select from taken)
    )
    select kept.passed, (
      select jsonb_object_agg(a.policy, ${arrival} - a.at) from asked as a
    )::text as ahead from answer as kept`;
  const deleteWhole = statement`delete from ${name} where key in (
    select key from ${name} where whole_at < now() limit ${"?"}::int for update skip locked)`;
  return {
    take: (sql, key, asked) => sql<TakenRow>(take, key, asked),
    deleteWhole: (sql, limit) => sql(deleteWhole, limit),
  };
}

/**
 * Does not wait for the disk at the end of this statement, if it is a transaction by itself: what one of the application's
 * has written must be on the disk when it is committed.
 */
const NO_WAIT_FOR_THE_DISK = `select set_config('synchronous_commit', case
  when statement_timestamp() = transaction_timestamp() then 'off' else current_setting('synchronous_commit') end, true)`;

/** The strings of a tagged template, with its texts inlined; a `"?"` is a parameter. */
function statement(
  strings: TemplateStringsArray,
  ...values: readonly (number | string)[]
): TemplateStringsArray {
  const parts = [strings[0]!];
  values.forEach((value, i) => {
    if (value === "?") parts.push(strings[i + 1]!);
    else parts[parts.length - 1] += `${value}${strings[i + 1]!}`;
  });
  return Object.assign(parts, { raw: parts });
}
