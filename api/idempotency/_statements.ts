import type { Sql } from "../../db/sql.ts";
import type { IdempotencyEntry, KeptAnswer } from "./idempotency_store.ts";

/** A row of the table, as the statements read it. */
export interface KeyRow {
  readonly fingerprint: string;
  /** `null` while a handler of the mode `lock` runs. */
  readonly status: number | null;
  readonly headers: string | null;
  readonly body: string | null;
  /** Whether the lease has not passed. */
  readonly leased: boolean | null;
}

/** What {@link lockAndFind} finds; without a row its columns are null. */
export type LockedRow = { readonly locked: boolean } & (KeyRow | { readonly fingerprint: null });

/**
 * Takes the lock of an operation until the transaction ends, unless another one has it, and reads its row. The oid tells
 * tables in two schemas apart.
 *
 * It is one statement, so it does not see a row that is committed while it takes the lock; {@link insertAnswer} finds that.
 */
export async function lockAndFind(
  tx: Sql,
  { scope, endpoint, key }: IdempotencyEntry,
): Promise<LockedRow> {
  const name = `${scope}\n${endpoint}\n${key}`;
  const [row] = await tx<LockedRow>`
    select pg_try_advisory_xact_lock(
        hashtextextended(${name}::text, to_regclass('glam_idempotency_keys')::oid::bigint)) as locked,
      k.fingerprint, k.status, k.headers, k.body, k.leased_until > now() as leased
    from (select 1) as one left join glam_idempotency_keys as k
      on k.scope = ${scope} and k.endpoint = ${endpoint} and k.idempotency_key = ${key} and k.expires_at > now()`;
  return row!;
}

/** The row of an operation whose key has not expired. */
export async function findRow(
  sql: Sql,
  { scope, endpoint, key }: IdempotencyEntry,
): Promise<KeyRow | undefined> {
  const [row] = await sql<KeyRow>`select fingerprint, status, headers, body, leased_until > now() as leased
    from glam_idempotency_keys
    where scope = ${scope} and endpoint = ${endpoint} and idempotency_key = ${key} and expires_at > now()`;
  return row;
}

/**
 * Inserts the answer of an operation; `false` where there is a row already that is not outlived.
 *
 * It waits for another transaction that inserts the same.
 */
export async function insertAnswer(
  sql: Sql,
  { scope, endpoint, key, fingerprint }: IdempotencyEntry,
  answer: KeptAnswer,
  ttlMs: number,
): Promise<boolean> {
  const { status, headers, body } = columnsOf(answer);
  const { count } = await sql`insert into glam_idempotency_keys as k
      (scope, endpoint, idempotency_key, fingerprint, status, headers, body, expires_at)
    values (${scope}, ${endpoint}, ${key}, ${fingerprint}, ${status}, ${headers}, ${body},
      clock_timestamp() + ${ttlMs}::float8 * interval '1 millisecond')
    on conflict (scope, endpoint, idempotency_key) do update set fingerprint = excluded.fingerprint,
      status = excluded.status, headers = excluded.headers, body = excluded.body,
      owner = null, leased_until = null, expires_at = excluded.expires_at
    where k.expires_at <= now()
      or (k.status is null and k.leased_until <= now() and k.fingerprint = excluded.fingerprint)`;
  return count === 1;
}

/** Inserts a reservation; `false` where there is a row already that is not outlived. */
export async function insertReservation(
  sql: Sql,
  { scope, endpoint, key, fingerprint }: IdempotencyEntry,
  { owner, leaseMs, ttlMs }: { readonly owner: string; readonly leaseMs: number; readonly ttlMs: number },
): Promise<boolean> {
  const { count } = await sql`insert into glam_idempotency_keys as k
      (scope, endpoint, idempotency_key, fingerprint, owner, leased_until, expires_at)
    values (${scope}, ${endpoint}, ${key}, ${fingerprint}, ${owner},
      now() + ${leaseMs}::float8 * interval '1 millisecond', now() + ${ttlMs}::float8 * interval '1 millisecond')
    on conflict (scope, endpoint, idempotency_key) do update set fingerprint = excluded.fingerprint,
      status = null, headers = null, body = null,
      owner = excluded.owner, leased_until = excluded.leased_until, expires_at = excluded.expires_at
    where k.expires_at <= now()
      or (k.status is null and k.leased_until <= now() and k.fingerprint = excluded.fingerprint)`;
  return count === 1;
}

/** Puts the answer into the reservation of `owner`; `false` where it is not the owner's any more. */
export async function updateReservation(
  sql: Sql,
  { scope, endpoint, key }: IdempotencyEntry,
  answer: KeptAnswer,
  { owner, ttlMs }: { readonly owner: string; readonly ttlMs: number },
): Promise<boolean> {
  const { status, headers, body } = columnsOf(answer);
  const { count } = await sql`update glam_idempotency_keys
    set status = ${status}, headers = ${headers}, body = ${body}, owner = null, leased_until = null,
      expires_at = now() + ${ttlMs}::float8 * interval '1 millisecond'
    where scope = ${scope} and endpoint = ${endpoint} and idempotency_key = ${key} and owner = ${owner}`;
  return count === 1;
}

/** Deletes the reservation of `owner`. */
export async function deleteReservation(
  sql: Sql,
  { scope, endpoint, key }: IdempotencyEntry,
  { owner }: { readonly owner: string },
): Promise<void> {
  await sql`delete from glam_idempotency_keys
    where scope = ${scope} and endpoint = ${endpoint} and idempotency_key = ${key} and owner = ${owner}`;
}

/** Deletes at most `limit` rows whose keys have expired. Rows that are in use are passed over. */
export async function deleteExpired(sql: Sql, limit: number): Promise<number> {
  const { count } = await sql`delete from glam_idempotency_keys where ctid = any(array(
    select ctid from glam_idempotency_keys where expires_at <= now()
    order by expires_at limit ${limit}::int for update skip locked))`;
  return count;
}

/** The answer that a row has. */
export function answerOf({ status, headers, body }: KeyRow): KeptAnswer {
  return { status: status!, headers: JSON.parse(headers ?? "[]"), body: body ?? undefined };
}

function columnsOf({ status, headers, body }: KeptAnswer) {
  return { status, headers: body === undefined ? null : JSON.stringify(headers), body: body ?? null };
}
