import type { RowList, Sql } from "../../db/sql.ts";
import { tableName } from "../../db/table/table_ddl.ts";
import type { Table } from "../../db/table/table.ts";
import type { InboxFence } from "./inbox.ts";

/** The statements of an inbox. Their text is built once; with an identifier as a fragment the driver would build it for each call. */
export interface InboxStatements {
  /** Inserts an entry; `count` is 0 when it existed before. */
  mark(tx: Sql, consumer: string, key: string): Promise<RowList>;
  /** Inserts an entry, and moves the fence of its key forward where it is a newer event. */
  markFenced(tx: Sql, consumer: string, key: string, fence: InboxFence): Promise<RowList<FencedMark>>;
  /** Deletes at most `limit` of the rows that are older than `retentionMs`, the oldest first. */
  deleteOld(tx: Sql, retentionMs: number, limit: number): Promise<RowList>;
  /** The same of the fences. */
  deleteOldFences(tx: Sql, retentionMs: number, limit: number): Promise<RowList>;
  /** Takes the advisory lock of the clean-up until the transaction ends. */
  tryLock(tx: Sql): Promise<RowList<{ locked: boolean }>>;
}

/** What {@link InboxStatements.markFenced} did. */
export interface FencedMark {
  /** Whether the entry is new. */
  readonly marked: boolean;
  /** Whether no newer event of its key was handled before. */
  readonly fenced: boolean;
}

/** The statements of the inbox in `table`, whose fences are in another one. */
export function inboxStatements(table: Table, fenceTable: Table): InboxStatements {
  const name = tableName(table);
  const fences = tableName(fenceTable);
  const mark = template`insert into ${name} (consumer, event_key) values (${PARAMETER}, ${PARAMETER})
    on conflict do nothing`;
  // Within a stream the sequence decides. A smaller one that was stored much later is of a stream that was made again: then,
  // and between two streams, the time decides.
  const markFenced = template`with marked as (
      insert into ${name} (consumer, event_key) values (${PARAMETER}, ${PARAMETER}) on conflict do nothing
      returning 1
    ), fenced as (
      insert into ${fences} as f (consumer, key, stream, sequence, stored_at)
      select ${PARAMETER}::text, ${PARAMETER}::text, ${PARAMETER}::text, ${PARAMETER}::text::bigint,
        to_timestamp(${PARAMETER}::text::float8 / 1000) from marked
      on conflict (consumer, key) do update set stream = excluded.stream, sequence = excluded.sequence,
        stored_at = excluded.stored_at, handled_at = now()
      where case when f.stream = excluded.stream and excluded.stored_at < f.stored_at + interval '1 minute'
        then f.sequence < excluded.sequence else f.stored_at <= excluded.stored_at end
      returning 1
    ) select exists (select from marked) as marked, exists (select from fenced) as fenced`;
  const deleteFrom = (table: string) =>
    template`delete from ${table} where ctid = any(array(
    select ctid from ${table} where handled_at < now() - ${PARAMETER}::float8 * interval '1 millisecond'
    order by handled_at limit ${PARAMETER}::int))`;
  const deleteOld = deleteFrom(name);
  const deleteOldFences = deleteFrom(fences);
  // The oid tells tables with the same name in two schemas apart.
  const tryLock = template`select pg_try_advisory_xact_lock(
    ${LOCKS}, hashtext(to_regclass(${PARAMETER})::oid::text)) as locked`;
  return {
    mark: (tx, consumer, key) => tx(mark, consumer, key),
    markFenced: (tx, consumer, key, fence) =>
      tx(
        markFenced,
        consumer,
        key,
        consumer,
        fence.key,
        fence.stream,
        String(fence.sequence),
        String(fence.storedAt),
      ),
    deleteOldFences: (tx, retentionMs, limit) => tx(deleteOldFences, retentionMs, limit),
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
