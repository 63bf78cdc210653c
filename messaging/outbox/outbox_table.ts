import * as z from "zod";
import { defineTable } from "../../db/table/define_table.ts";
import type { Table } from "../../db/table/table.ts";
import { deferredTable } from "../../db/table/deferred_table.ts";

/** The table of an outbox, with this name. */
export function outboxTableNamed(name: string): Table {
  const pending = "status = 'pending'";
  return defineTable(name, {
    columns: z.object({
      id: z.bigint(),
      event_id: z.string(),
      subject: z.string(),
      message_id: z.string(),
      key: z.string().nullable(),
      headers: z.array(z.tuple([z.string(), z.string()])),
      body: z.string(),
      status: z.enum(["pending", "sent", "dead"]),
      attempts: z.int32(),
      created_at: z.date(),
      available_at: z.date(),
      next_attempt_at: z.date(),
      sent_at: z.date().nullable(),
      last_error: z.string().nullable(),
    }),
    columnTypes: { id: "bigint generated always as identity", headers: "jsonb" },
    defaults: {
      status: "'pending'::text",
      attempts: "0",
      created_at: "clock_timestamp()",
      available_at: "clock_timestamp()",
      next_attempt_at: "clock_timestamp()",
    },
    // All but the last are as large as the remaining work.
    indexes: [
      { columns: ["next_attempt_at", "id"], where: pending },
      { columns: ["key", "id"], where: `${pending} and key is not null` },
      { columns: ["attempts", "key"], where: `${pending} and attempts > 0` },
      { columns: ["id"], where: "status = 'dead'" },
      { columns: ["sent_at"], where: "status = 'sent'" },
    ],
  });
}

/**
 * The table of an outbox with the default name, for the list of tables from which `migrate create --autogenerate` generates
 * migrations.
 *
 * @example
 * ```ts
 * import { createTable } from "@glam/shared/db";
 * import { outboxTable } from "@glam/shared/messaging";
 *
 * console.log(createTable(outboxTable).length); // 6: the table and five indexes
 * ```
 */
export const outboxTable: Table = /* @__PURE__ */ deferredTable(() => outboxTableNamed("glam_outbox"));
