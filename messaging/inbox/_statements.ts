import type { RowList, Sql } from "../../db/sql.ts";
import { tableName } from "../../db/table/table_ddl.ts";
import type { Table } from "../../db/table/table.ts";

/** The statements of an inbox. Their text is built once; with an identifier as a fragment the driver would build it for each call. */
export interface InboxStatements {
  /** Inserts an entry; `count` is 0 when it existed before. */
  mark(tx: Sql, consumer: string, key: string): Promise<RowList>;
  /** Deletes at most `limit` of the rows that are older than `retentionMs`, the oldest first. */
  deleteOld(tx: Sql, retentionMs: number, limit: number): Promise<RowList>;
  /** Takes the advisory lock of the clean-up until the transaction ends. */
  tryLock(tx: Sql): Promise<RowList<{ locked: boolean }>>;
}

/** The statements of the inbox in `table`. */
export function inboxStatements(table: Table): InboxStatements {
  const name = tableName(table);
  const mark = template`insert into ${name} (consumer, event_key) values (${PARAMETER}, ${PARAMETER})
    on conflict do nothing`;
  const deleteOld = template`delete from ${name} where ctid = any(array(
    select ctid from ${name} where handled_at < now() - ${PARAMETER}::float8 * interval '1 millisecond'
    order by handled_at limit ${PARAMETER}::int))`;
  // The oid tells tables with the same name in two schemas apart.
  const tryLock = template`select pg_try_advisory_xact_lock(
    ${LOCKS}, hashtext(to_regclass(${PARAMETER})::oid::text)) as locked`;
  return {
    mark: (tx, consumer, key) => tx(mark, consumer, key),
    deleteOld: (tx, retentionMs, limit) => tx(deleteOld, retentionMs, limit),
    tryLock: (tx) => tx(tryLock, name),
  };
}

/** First key of the advisory locks of inboxes: "glai" in ASCII. */
const LOCKS = "1735156073";

/** Placeholder of a parameter in a {@link template}. */
const PARAMETER: unique symbol = Symbol("parameter");

/** The strings of a tagged template, with its text values inlined. */
function template(
  strings: TemplateStringsArray,
  ...values: readonly (string | typeof PARAMETER)[]
): TemplateStringsArray {
  const parts = [strings[0]!];
  values.forEach((value, i) => {
    if (value === PARAMETER) parts.push(strings[i + 1]!);
    else parts[parts.length - 1] += value + strings[i + 1]!;
  });
  return Object.assign(parts, { raw: parts });
}
