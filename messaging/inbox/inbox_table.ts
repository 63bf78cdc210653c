import * as z from "zod";
import { defineTable } from "../../db/table/define_table.ts";
import type { Table } from "../../db/table/table.ts";
import { deferredTable } from "../../db/table/deferred_table.ts";

/** The table of an inbox, named `name`. */
export function inboxTableNamed(name: string): Table {
  return defineTable(name, {
    columns: z.object({ consumer: z.string(), event_key: z.string(), handled_at: z.date() }),
    primaryKey: ["consumer", "event_key"],
    defaults: { handled_at: "now()" },
    indexes: ["handled_at"],
  });
}

/**
 * The table of an inbox with its default name, `glam_inbox`. Put it into the list of tables from which
 * `migrate create --autogenerate` generates migrations.
 *
 * @example
 * ```ts
 * import { createTable } from "@glam/shared/db";
 * import { inboxTable } from "@glam/shared/messaging";
 *
 * console.log(createTable(inboxTable).length); // 2: the table and an index
 * ```
 */
export const inboxTable: Table = /* @__PURE__ */ deferredTable(() => inboxTableNamed("glam_inbox"));

/** The table of the fences of an inbox, named `name`. */
export function inboxFenceTableNamed(name: string): Table {
  return defineTable(name, {
    columns: z.object({
      consumer: z.string(),
      key: z.string(),
      stream: z.string(),
      sequence: z.bigint(),
      stored_at: z.date(),
      handled_at: z.date(),
    }),
    primaryKey: ["consumer", "key"],
    defaults: { handled_at: "now()" },
    indexes: ["handled_at"],
  });
}

/**
 * The table of the fences of an inbox with its default name, `glam_inbox_fences`; beside {@link inboxTable} for an inbox with
 * `fence: true`.
 *
 * @example
 * ```ts
 * import { createTable } from "@glam/shared/db";
 * import { inboxFenceTable } from "@glam/shared/messaging";
 *
 * console.log(createTable(inboxFenceTable).length); // 2: the table and an index
 * ```
 */
export const inboxFenceTable: Table = /* @__PURE__ */ deferredTable(() =>
  inboxFenceTableNamed("glam_inbox_fences")
);
