import type { DedicatedSource } from "../connection/dedicated.ts";
import type { Database } from "../database.ts";
import type { Reader } from "./_catalog.ts";
import type { PendingQuery, RowList, Sql } from "../sql.ts";

/** A session of the database that uses the simple protocol. */
export interface Session {
  /** What {@link Session.atomic} sends before the text. Positions of errors include it. */
  readonly lead: string;
  /** Whether a `set` applies to later texts of this session, and to no other client. */
  readonly keepsSettings: boolean;
  /** The rows of the last statement of the text. */
  rows<T extends object = Record<string, unknown>>(text: string): Promise<T[]>;
  /** Runs a text outside of a transaction. */
  run(text: string): Promise<void>;
  /** Runs a text in a transaction of its own. `signal` cancels it. */
  atomic(text: string, signal?: AbortSignal): Promise<void>;
  /** Runs `look` within a transaction that is always rolled back. */
  rolledBack<T>(look: (read: Reader) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const BEGIN = "begin isolation level read committed read write;\n";

/** A session on a connection of its own. */
export function openSession({ open, pooler }: DedicatedSource): Session {
  const { sql, close } = open();
  return {
    lead: BEGIN,
    keepsSettings: !pooler,
    rows: (text) => rowsOf(sql, text),
    run: (text) => runText(sql, text),
    async atomic(text, signal) {
      // One text, so that a reconnect cannot happen in the middle of the transaction.
      try {
        await cancellable(sql.unsafe(`${BEGIN}${text}\n;commit`).simple(), signal);
      } catch (error) {
        await sql.unsafe("rollback").simple().catch(() => {});
        throw error;
      }
    },
    async rolledBack(look) {
      await sql.unsafe(BEGIN).simple();
      try {
        return await look((text) => rowsOf(sql, text));
      } finally {
        await sql.unsafe("rollback").simple().catch(() => {});
      }
    },
    close,
  };
}

/** A session on the pool, for reading, and for databases that can have no second session. */
export function pooledSession(db: Database): Session {
  return {
    lead: "",
    keepsSettings: false,
    rows: (text) => rowsOf(db.sql, text),
    run: (text) => runText(db.sql, text),
    async atomic(text, signal) {
      signal?.throwIfAborted();
      await db.transaction((tx) => runText(tx, text), { isolation: "read committed", retries: 0 });
    },
    async rolledBack<T>(look: (read: Reader) => Promise<T>) {
      let seen: { readonly value: T } | undefined;
      const rollback = new Error("Rolled back on purpose");
      await db.transaction(async (tx) => {
        seen = { value: await look((text) => rowsOf(tx, text)) };
        throw rollback;
      }, { isolation: "read committed", retries: 0 }).catch((error) => {
        if (error !== rollback) throw error;
      });
      return seen!.value;
    },
    close: () => Promise.resolve(),
  };
}

async function rowsOf<T extends object>(sql: Sql, text: string): Promise<T[]> {
  // For several statements the driver returns a list of row lists.
  const result = await sql.unsafe<T>(text).simple() as RowList<T> | RowList<T>[];
  return "command" in result ? result : result.at(-1) ?? [];
}

async function runText(sql: Sql, text: string): Promise<void> {
  await sql.unsafe(text).simple();
}

async function cancellable(query: PendingQuery, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const cancel = () => query.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    await query;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
