import { tableName } from "../../db/table/table_ddl.ts";

/** Stands for a parameter in the texts below. */
const P = "\0";

/** Limit on the bodies of one claim in bytes, which bounds a relay's memory. */
const MAX_CLAIM_BYTES = 8 * 1024 * 1024;

/** The statements of an outbox. The driver prepares each once, and recognises it by its template object. */
export interface Statements {
  /** The quoted name of the table. */
  readonly table: string;
  /** SQL expression for the name of the channel that wakes the table's relays. */
  readonly channel: string;
  /** Inserts a row, with or without a key, and with or without a notification. */
  add(keyed: boolean, notifies: boolean): TemplateStringsArray;
  readonly claim: TemplateStringsArray;
  readonly markSent: TemplateStringsArray;
  readonly markFailed: TemplateStringsArray;
  readonly counts: TemplateStringsArray;
  readonly countSent: TemplateStringsArray;
  readonly dead: TemplateStringsArray;
  readonly retry: TemplateStringsArray;
  readonly cleanUp: TemplateStringsArray;
}

/** Builds the statements for a table. */
export function toStatements(schema: string | undefined, name: string, keepsSent: boolean): Statements {
  const table = tableName({ schema, name });
  // By the table's oid: tables of the same name in several schemas are different outboxes.
  const oid = `'${table.replaceAll("'", "''")}'::regclass::oid`;
  const channel = `'glam_outbox_' || ${oid}`;
  const adds = [false, true].map((keyed) =>
    [false, true].map((notifies) => toTemplate(insert(table, oid, keyed, notifies ? channel : undefined)))
  );
  return {
    table,
    channel,
    add: (keyed, notifies) => adds[Number(keyed)]![Number(notifies)]!,
    claim: toTemplate(claim(table)),
    markSent: toTemplate(
      keepsSent
        ? `update ${table} set status = 'sent', sent_at = clock_timestamp() where id = any(${P}::text::bigint[])`
        : `delete from ${table} where id = any(${P}::text::bigint[])`,
    ),
    markFailed: toTemplate(`
      update ${table} o set attempts = o.attempts + 1, status = f.status, last_error = f.error,
        next_attempt_at = clock_timestamp() + f.delay_ms * interval '1 millisecond'
      from jsonb_to_recordset(${P}::text::jsonb) as f(id bigint, status text, error text, delay_ms float8)
      where o.id = f.id`),
    counts: toTemplate(`
      select count(*) filter (where available_at <= now())::int as pending,
        count(*) filter (where available_at > now())::int as delayed,
        (select count(*)::int from ${table} where status = 'dead') as dead,
        extract(epoch from now() - min(available_at) filter (where available_at <= now()))::float8 as age
      from ${table} where status = 'pending'`),
    countSent: toTemplate(`select count(*)::int as sent from ${table} where status = 'sent'`),
    dead: toTemplate(`
      select event_id, subject, key, attempts, last_error, created_at from ${table}
      where ${deadRows()} order by id limit ${P}::int`),
    retry: toTemplate(`
      update ${table} set status = 'pending', attempts = 0, available_at = now(), next_attempt_at = now()
      where ${deadRows()}`),
    cleanUp: toTemplate(`
      with old as materialized (
        select id from ${table}
        where status = 'sent' and sent_at < now() - ${P}::float8 * interval '1 millisecond'
        order by sent_at limit ${P}::int for update skip locked
      )
      delete from ${table} where id = any(array(select id from old))`),
  };
}

function deadRows(): string {
  const given = (column: string) => `(${P}::text is null or ${column} = ${P}::text)`;
  return `status = 'dead' and ${given("event_id")} and ${given("subject")} and ${given("key")}`;
}

/**
 * The lock is taken before the row gets its id, so that the ids of a key grow in the order of the commits.
 */
function insert(table: string, oid: string, keyed: boolean, channel: string | undefined): string {
  return `
    insert into ${table} (event_id, subject, message_id, key, headers, body, available_at, next_attempt_at)
    select ${P}::text, ${P}::text, ${P}::text, ${P}::text, ${P}::text::jsonb, ${P}::text, due.at, due.at
    from (select ${keyed ? `pg_advisory_xact_lock((${oid}::bigint << 32) | ${P}::bigint), ` : ""}
      ${channel !== undefined ? `pg_notify(${channel}, ''), ` : ""}
      coalesce(${P}::text::timestamptz, clock_timestamp()) as at offset 0) due`;
}

/**
 * Locks due rows. Rows beyond the size limit of a claim come without a body, and are not published. The last row of a key
 * comes with `ahead`, the id of the first unsent row of that key which is neither in the claim nor held by the caller: rows
 * with a higher id have to wait for it.
 *
 * Rows of keys that wait for their next attempt, and rows of the given keys and subjects, are left out before the limit is
 * applied, so that they do not use it up. Rows with failed attempts come first: rows of the same key wait for them.
 *
 * The same plan serves ten rows and ten thousand, so there is no join; and `key >= ... and key <= ...` leaves the planner
 * only the index on (key, id).
 */
function claim(table: string): string {
  const locked = (which: string) => `
    select id, key, subject, message_id, headers, body, attempts, next_attempt_at from ${table}
    where status = 'pending' and ${which} and next_attempt_at <= now()
      and (key is null or key not in (select key from apart))
      and subject not in (select subject from silent)
    order by next_attempt_at, id limit (select n from size) for update skip locked`;
  return `
    with apart as materialized (
      select key from ${table}
      where status = 'pending' and attempts > 0 and next_attempt_at > now() and key is not null
      union all select jsonb_array_elements_text(${P}::text::jsonb)
    ), silent as materialized (
      select jsonb_array_elements_text(${P}::text::jsonb) as subject
    ), size as materialized (
      select ${P}::int as n
    ), again as materialized (${locked("attempts > 0")}
    ), fresh as materialized (${locked("attempts = 0")}
    ), locked as not materialized (
      select * from again union all select * from fresh
    ), total as materialized (
      select sum(octet_length(body)) as bytes, max(next_attempt_at) as latest from locked
    ), cut as materialized (
      select id from (
        select id, sum(octet_length(body)) over (
          order by attempts = 0, next_attempt_at, id rows between unbounded preceding and 1 preceding
        ) as before from locked
      ) sized where before >= ${MAX_CLAIM_BYTES} and (select bytes from total) > ${MAX_CLAIM_BYTES}
    ), keyed as materialized (
      select id, key from locked where key is not null and id not in (select id from cut)
    ), held as materialized (
      select id from keyed union all select unnest(${P}::text::bigint[])
    )
    select s.id, s.key, s.subject, s.message_id, s.headers, s.attempts,
      case when s.id not in (select id from cut) then s.body end as body,
      case when s.key is not null and s.id in (select max(id) from keyed group by key) then (
        select e.id from ${table} e
        where e.status = 'pending' and e.key >= s.key and e.key <= s.key and e.id < s.id
          and (e.attempts > 0 or e.next_attempt_at <= (select latest from total))
          and e.id not in (select id from held)
        order by e.key, e.id limit 1
      ) end as ahead
    from locked s`;
}

function toTemplate(text: string): TemplateStringsArray {
  const strings = text.trim().split(P);
  return Object.assign(strings, { raw: strings });
}
