import { tableName } from "../../db/table/table_ddl.ts";
import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import { ConflictError } from "../../errors/common.ts";
import { ConfigError } from "../../errors/config_error.ts";
import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import { ensureTable, hasTable } from "../../db/table/ensure_table.ts";
import { inboxStatements } from "./_statements.ts";
import type {
  Inbox,
  InboxCleanUpOptions,
  InboxEntry,
  InboxFence,
  InboxOnceOptions,
  InboxOptions,
  InboxResult,
} from "./inbox.ts";
import { inboxFenceTableNamed, inboxTableNamed } from "./inbox_table.ts";

/** Code of the refusal of an event that is older than what was handled of its key. */
export const STALE_EVENT = "STALE_EVENT";
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
  const { fence: isFenced = false } = options;
  const table = inboxTableNamed(schema === undefined ? name : `${schema}.${name}`);
  const fenceTable = inboxFenceTableNamed(`${schema === undefined ? name : `${schema}.${name}`}_fences`);
  const tables = isFenced ? [table, fenceTable] : [table];
  const statements = inboxStatements(table, fenceTable);

  /** Records the entry. Resolves with whether it is new. */
  async function mark(tx: Sql, { consumer, fence }: InboxEntry, key: string): Promise<boolean> {
    if (!isFenced || fence === undefined) return (await statements.mark(tx, consumer, key)).count > 0;
    const [answer] = await statements.markFenced(tx, consumer, key, {
      ...fence,
      key: await storableKey(fence.key),
    });
    if (answer!.marked && !answer!.fenced) throw staleEvent(fence);
    return answer!.marked;
  }

  async function once<T>(
    entry: InboxEntry,
    work: (tx: Sql) => Promise<T> | T,
    { signal }: InboxOnceOptions = {},
  ): Promise<InboxResult<T>> {
    const key = await storableKey(entry.key);
    return await db.transaction(async (tx): Promise<InboxResult<T>> => {
      return await mark(tx, entry, key) ? { duplicate: false, value: await work(tx) } : { duplicate: true };
    }, { isolation, retries, signal });
  }

  /** Deletes one batch. Resolves to the number of its rows. */
  function deleteBatch(): Promise<number> {
    return db.transaction(async (tx) => {
      const [answer] = await statements.tryLock(tx);
      if (!answer?.locked) return 0;
      if (isFenced) await statements.deleteOldFences(tx, retentionMs, BATCH); // fewer than events, so it keeps up
      return (await statements.deleteOld(tx, retentionMs, BATCH)).count;
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
    ...isFenced && { fenceTable },
    cleanUpEveryMs,
    once,
    async ping() {
      for (const each of tables) {
        if (await hasTable(db.sql, tableName(each))) continue;
        const member = each === table ? "inbox.table" : "inbox.fenceTable";
        throw new ConfigError(
          `Cannot find the inbox's table "${each === table ? name : each.name}" in the database: ` +
            `migrate it, with \`${member}\` in the list of tables, or call \`inbox.ensureTable()\``,
        );
      }
    },
    cleanUp,
    async ensureTable() {
      for (const each of tables) await ensureTable(db, each);
    },
  };
}

/** A key as the tables have it. */
async function storableKey(key: string): Promise<string> {
  return PLAIN_KEY.test(key) ? key : await digestOf(key);
}

function staleEvent({ stream, sequence }: InboxFence): ConflictError {
  return new ConflictError(`A newer event of its key was handled before message ${sequence} of ${stream}`, {
    code: STALE_EVENT,
  });
}

async function digestOf(key: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(key)); // JSON keeps lone surrogates distinct
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
