import * as z from "zod";
import { defineTable } from "../db/table/define_table.ts";
import { deferredTable } from "../db/table/deferred_table.ts";
import type { Table } from "../db/table/table.ts";

/** The table of schedules, named `name`. */
export function schedulesTableNamed(name: string): Table {
  return defineTable(name, {
    columns: z.object({
      name: z.string(),
      cron: z.string().nullable(),
      every_ms: z.bigint().nullable(),
      time_zone: z.string(),
      definition: z.string(),
      superseded: z.array(z.string()),
      version: z.int32(),
      seen_at: z.date(),
      next_at: z.date(),
      last_at: z.date().nullable(),
      requested_at: z.date().nullable(),
      paused_at: z.date().nullable(),
      running_at: z.date().nullable(),
      started_at: z.date().nullable(),
      attempts: z.int32(),
      lease_id: z.string().nullable(),
      lease_until: z.date().nullable(),
      runs: z.array(z.record(z.string(), z.unknown())),
    }),
    primaryKey: "name",
    columnTypes: { superseded: "jsonb", runs: "jsonb" },
    defaults: {
      superseded: "'[]'::jsonb",
      version: "1",
      seen_at: "clock_timestamp()",
      attempts: "0",
      runs: "'[]'::jsonb",
    },
  });
}

/**
 * The table of schedules with its default name, `glam_schedules`. Put it into the list of tables from which
 * `migrate create --autogenerate` generates migrations.
 *
 * @example
 * ```ts
 * import { createTable } from "@glam/shared/db";
 * import { schedulesTable } from "@glam/shared/schedule";
 *
 * console.log(createTable(schedulesTable).length); // 1
 * ```
 */
export const schedulesTable: Table = /* @__PURE__ */ deferredTable(() =>
  schedulesTableNamed("glam_schedules")
);
