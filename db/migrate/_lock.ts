import { DeadlineExceeded, sleep, withDeadline } from "../../internal/clock.ts";
import type { HistoryTable } from "./_history.ts";
import type { Session } from "./_session.ts";
import { problem } from "./migration_error.ts";

/** Options of {@link acquireLock}. */
export interface LockOptions {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called at once and every 5 seconds while waiting for the lock. */
  readonly onWait: (waitedMs: number, holder: string | undefined) => void;
}

/** A lock that is held. */
export interface Lock {
  /** Rejects when the connection that holds the lock is lost; never resolves. */
  readonly lost: Promise<never>;
  /** @throws {MigrationError} when the lock is not held any more. */
  check(): Promise<void>;
  release(): Promise<void>;
}

const POLL_MS = [50, 500] as const;
const REPORT_EVERY_MS = 5000;
const CHECK_EVERY_MS = 15_000;
const CHECK_DEADLINE_MS = 15_000;

/**
 * Switches off the time limits that would end a long transaction, and makes the server check whether the client is still
 * connected, so that the statement of a killed process does not go on. Not every server has each setting.
 */
export function sessionSettings(scope: "transaction" | "session"): string {
  const local = scope === "transaction";
  return `select pg_catalog.set_config(name, '0', ${local}) from pg_catalog.pg_settings where name in
      ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_timeout');
    select pg_catalog.set_config(name, '2s', ${local}) from pg_catalog.pg_settings
      where name = 'client_connection_check_interval' and version() ~ 'linux|darwin|freebsd';`;
}

/**
 * Takes the advisory lock of this history for the time of the session's transaction. It is released at once when its
 * holder is killed, and a transaction pooler cannot hand it to another client.
 *
 * It is polled, over the simple protocol at READ COMMITTED: a blocked transaction has a snapshot, which would block
 * CREATE INDEX CONCURRENTLY for ever. Between two attempts there is no transaction, so a waiting process occupies no
 * server connection of a pooler.
 *
 * @throws {MigrationError} when another process holds the lock for longer than `waitMs`.
 */
export async function acquireLock(
  session: Session,
  history: HistoryTable,
  options: LockOptions,
): Promise<Lock> {
  const { waitMs, signal, onWait } = options;
  const key = await lockKey(history);
  const started = performance.now();
  let [reported, pauseMs]: [number, number] = [0, POLL_MS[0]];
  while (!await tryLock(session, key)) {
    const waited = performance.now() - started;
    if (waited >= waitMs) throw await timedOut(session, key, waited);
    if (waited - reported >= REPORT_EVERY_MS || reported === 0) {
      reported = waited;
      onWait(Math.round(waited), await describeHolder(session, key));
    }
    await sleep(Math.min(waitMs - waited, pauseMs * (0.5 + Math.random() / 2)), signal);
    pauseMs = Math.min(POLL_MS[1], pauseMs * 1.5);
  }
  return holdLock(session, key);
}

async function tryLock(session: Session, key: bigint): Promise<boolean> {
  const [row] = await session.rows<{ locked: boolean }>(`begin isolation level read committed;
    ${sessionSettings("transaction")}
    set local application_name = 'glam migrate';
    select pg_catalog.pg_try_advisory_xact_lock(${key}) as locked`);
  if (row?.locked !== true) await session.run("rollback");
  return row?.locked === true;
}

function holdLock(session: Session, key: bigint): Lock {
  const isHeld = async () => {
    const held = session.rows(
      `select from pg_catalog.pg_locks where ${conditionOf(key)} and pid = pg_backend_pid()`,
    );
    return (await withDeadline(held, CHECK_DEADLINE_MS, "No answer").catch((error) => {
      if (!(error instanceof DeadlineExceeded) && error?.code === undefined) throw error;
      return [];
    })).length > 0;
  };
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  const check = async () => {
    if (await isHeld()) return;
    const error = problem(
      "failed",
      "The connection that holds the lock of the migrations was lost: the history says what was applied; run it again",
    );
    reject(error);
    throw error;
  };
  // Also keeps a proxy or a firewall from closing the idle connection.
  const timer = setInterval(() => void check().catch(() => {}), CHECK_EVERY_MS);
  return {
    lost,
    check,
    async release() {
      clearInterval(timer);
      await session.run("rollback").catch(() => {});
    },
  };
}

async function timedOut(session: Session, key: bigint, waitedMs: number) {
  const holder = await describeHolder(session, key) ?? "another process";
  const seconds = Math.round(waitedMs / 1000);
  return problem(
    "locked",
    `Waited ${seconds} s for ${holder}, which is migrating this database: wait for it, or end its connection with ` +
      "`select pg_terminate_backend(pid)`",
  );
}

async function describeHolder(session: Session, key: bigint): Promise<string | undefined> {
  const [holder] = await session.rows<
    { pid: number; name: string | null; since: string | null; address: string | null }
  >(`
    select l.pid, a.application_name as name, host(a.client_addr) as address,
      to_char(a.xact_start at time zone 'UTC', 'HH24:MI:SS"Z"') as since
    from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where ${conditionOf(key)} limit 1`);
  if (holder === undefined) return undefined;
  const { pid, name, address, since } = holder;
  const facts = [name === null || name === "" ? undefined : `"${name}"`, address ?? undefined];
  return [`process ${pid}`, ...facts, since === null ? undefined : `since ${since}`]
    .filter((fact) => fact !== undefined).join(", ");
}

function conditionOf(key: bigint): string {
  const unsigned = BigInt.asUintN(64, key);
  return `locktype = 'advisory' and granted and objsubid = 1 and classid = ${unsigned >> 32n}::oid ` +
    `and objid = ${unsigned & 0xffffffffn}::oid ` +
    "and database = (select oid from pg_catalog.pg_database where datname = current_database())";
}

/** The key of a history table's lock, the same in every process. */
async function lockKey({ schema, table }: HistoryTable): Promise<bigint> {
  const name = new TextEncoder().encode(`@glam/shared migrations ${JSON.stringify([schema, table])}`);
  return new DataView(await crypto.subtle.digest("SHA-256", name)).getBigInt64(0);
}
