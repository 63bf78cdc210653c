import { assertInteger } from "../bus/_assert_integer.ts";
import { tableName } from "../../db/table/table_ddl.ts";
import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import { ConfigError } from "../../errors/config_error.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import { ensureTable, hasTable } from "../outbox/_ensure_table.ts";
import { inboxStatements } from "./_statements.ts";
import type {
  Inbox,
  InboxCleanUpOptions,
  InboxEntry,
  InboxOnceOptions,
  InboxOptions,
  InboxResult,
} from "./inbox.ts";
import { inboxTableNamed } from "./inbox_table.ts";

/** Rows that one transaction deletes. */
const BATCH = 1000;
/** A longer key would not fit into an index of Postgres; and not every text fits into a column. */
const PLAIN_KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * An inbox: with it the effects of a listener on the database happen once, however often its events come.
 *
 * The transaction that a handler runs in also takes down which event it was, and an event that was taken down before is
 * acknowledged without a call. What else a handler does (mail, requests) is not undone by a rollback: publish what other
 * services have to know by an outbox, in the same transaction.
 *
 * @example
 * ```ts
 * import { connectDatabase } from "@glam/shared/db";
 * import { createInbox, createListener, CreditDeducted, type MessageBus } from "@glam/shared/messaging";
 *
 * async function listen(bus: MessageBus, url: string) {
 *   const db = await connectDatabase(url);
 *   const listener = createListener(bus, {
 *     service: "ledger",
 *     queueGroup: "summary",
 *     events: [CreditDeducted],
 *     inbox: createInbox(db),
 *     async handle({ tx, data }) {
 *       await tx`update totals set credits = credits + ${data.credits_deducted} where id = ${data.merchant_id}`;
 *     },
 *   });
 *   await listener.start();
 * }
 * ```
 *
 * @throws {RangeError} when a number is out of its range, or `table` is no name.
 */
export function createInbox(db: Database, options: InboxOptions = {}): Inbox {
  const { table: name = "glam_inbox", schema } = options;
  const { retentionMs = 10 * 24 * 3_600_000, cleanUpEveryMs = 60_000, isolation, retries } = options;
  assertInteger("retentionMs", retentionMs, 1, Number.MAX_SAFE_INTEGER);
  assertInteger("cleanUpEveryMs", cleanUpEveryMs, 1000, MAX_TIMER_MS);
  const table = inboxTableNamed(schema === undefined ? name : `${schema}.${name}`);
  const statements = inboxStatements(table);

  async function once<T>(
    entry: InboxEntry,
    work: (tx: Sql) => Promise<T> | T,
    { signal }: InboxOnceOptions = {},
  ): Promise<InboxResult<T>> {
    const { consumer } = entry;
    const key = PLAIN_KEY.test(entry.key) ? entry.key : await digestOf(entry.key);
    return await db.transaction(async (tx): Promise<InboxResult<T>> => {
      const { count } = await statements.mark(tx, consumer, key);
      return count === 0 ? { duplicate: true } : { duplicate: false, value: await work(tx) };
    }, { isolation, retries, signal });
  }

  /** One batch; how many rows it had. */
  function deleteBatch(): Promise<number> {
    return db.transaction(async (tx) => {
      const [answer] = await statements.tryLock(tx);
      return answer?.locked ? (await statements.deleteOld(tx, retentionMs, BATCH)).count : 0;
    });
  }

  async function cleanUp({ signal }: InboxCleanUpOptions = {}): Promise<number> {
    let total = 0;
    while (!signal?.aborted) {
      const count = await deleteBatch();
      total += count;
      if (count < BATCH) break;
    }
    return total;
  }

  return {
    table,
    cleanUpEveryMs,
    once,
    async ping() {
      if (await hasTable(db.sql, tableName(table))) return;
      throw new ConfigError(
        `Cannot find the inbox's table "${name}" in the database: ` +
          "migrate it, with `inbox.table` in the list of tables, or call `inbox.ensureTable()`",
      );
    },
    cleanUp,
    ensureTable: () => ensureTable(db, table),
  };
}

async function digestOf(key: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(key)); // which keeps lone surrogates apart
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
