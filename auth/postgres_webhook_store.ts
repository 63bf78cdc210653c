import * as z from "zod";
import type { Database } from "../db/database.ts";
import { defineTable } from "../db/table/define_table.ts";
import type { Table } from "../db/table/table.ts";
import { deferredTable } from "../db/table/deferred_table.ts";
import { ensureTable } from "../db/table/ensure_table.ts";
import type { WebhookStore } from "./webhook_store.ts";

/**
 * The table of a {@link createPostgresWebhookStore}. Put it into the list of tables from which `migrate create --autogenerate`
 * generates migrations.
 *
 * @example
 * ```ts
 * import { webhookTable } from "@glam/shared/auth";
 * import { createTable } from "@glam/shared/db";
 *
 * console.log(createTable(webhookTable).length); // 2: the table and an index
 * ```
 */
export const webhookTable: Table = /* @__PURE__ */ deferredTable(() =>
  defineTable("glam_webhooks", {
    columns: z.object({ key: z.string(), is_done: z.boolean(), expires_at: z.date() }),
    primaryKey: ["key"],
    indexes: ["expires_at"],
  })
);

/** A store in Postgres. */
export interface PostgresWebhookStore extends WebhookStore {
  /** Creates the table unless it exists; for tests and prototypes, as a migration does it otherwise. */
  ensureTable(): Promise<void>;
}

/** Is thrown to roll back, and caught again. */
class Taken extends Error {}

/** So many webhooks begin between two deletions of old rows. */
const PURGE_EVERY = 1000;

/** Remembers webhooks in Postgres, for all replicas of a service. Old rows are deleted as new ones come. */
export function createPostgresWebhookStore(db: Database): PostgresWebhookStore {
  let untilPurge = 1;

  async function purge(): Promise<void> {
    if (--untilPurge > 0) return;
    untilPurge = PURGE_EVERY;
    await db.sql`
      delete from glam_webhooks where key in (
        select key from glam_webhooks where expires_at < now() limit ${2 * PURGE_EVERY} for update skip locked
      )`;
  }

  return {
    ensureTable: () => ensureTable(db, webhookTable),
    async begin(given, leaseMs) {
      const keys = [...given].sort(); // one order, so that no two requests wait for each other
      await purge();
      try {
        await db.transaction(async (tx) => {
          for (const key of keys) {
            const rows = await tx`
              insert into glam_webhooks as old (key, is_done, expires_at)
              values (${key}, false, now() + ${leaseMs} * interval '1 millisecond')
              on conflict (key) do update set is_done = false, expires_at = excluded.expires_at
              where old.expires_at < now()
              returning key`;
            if (rows.length === 0) throw new Taken();
          }
        });
        return "begun";
      } catch (error) {
        if (!(error instanceof Taken)) throw error;
      }
      const rows = await db.sql`select 1 from glam_webhooks where key = any(${keys}) and is_done`;
      return rows.length > 0 ? "done" : "running";
    },
    async finish(keys, keepMs) {
      await db.sql`
        update glam_webhooks set is_done = true, expires_at = now() + ${keepMs} * interval '1 millisecond'
        where key = any(${[...keys]})`;
    },
    async forget(keys) {
      await db.sql`delete from glam_webhooks where key = any(${[...keys]}) and not is_done`;
    },
  };
}
