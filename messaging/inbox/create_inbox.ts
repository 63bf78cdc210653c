import { tableName } from "../../db/table/table_ddl.ts";
import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import { ConfigError } from "../../errors/config_error.ts";
import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import { ensureTable, hasTable } from "../../db/table/ensure_table.ts";
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

/** How many rows one transaction deletes. */
const BATCH = 1000;
/** Keys that are stored as they are. Others are hashed: a longer one may exceed an index row, and `\0` does not fit into a column. */
const PLAIN_KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * Creates an inbox. It makes the effects of a listener on the database happen once, however often an event is delivered.
 *
 * The transaction of the handler also records the event. An event that is recorded already is acknowledged without a call.
 * Other effects of a handler, such as mail or requests, are not undone by a rollback: to tell other services, add an event
 * to an outbox in the same transaction.
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
 * @throws {RangeError} when a number is out of its range, or `table` is not a valid name.
 */
export function createInbox(db: Database, options: InboxOptions = {}): Inbox {
  const { table: name = "glam_inbox", schema } = options;
  const { retentionMs = 10 * 24 * 3_600_000, cleanUpEveryMs = 60_000, isolation, retries } = options;
  assertWhole("retentionMs", retentionMs, 1);
  assertWhole("cleanUpEveryMs", cleanUpEveryMs, 1000, MAX_TIMER_MS);
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

  /** Deletes one batch. Resolves to the number of its rows. */
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
  const text = new TextEncoder().encode(JSON.stringify(key)); // JSON keeps lone surrogates distinct
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
