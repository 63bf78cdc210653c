import * as z from "zod";
import { deferredTable } from "../../db/table/deferred_table.ts";
import { defineTable } from "../../db/table/define_table.ts";
import type { Table } from "../../db/table/table.ts";

/**
 * The table of a store, named `name`. No index but the primary key's: every take changes the other columns, and without an
 * index on them Postgres rewrites the row in its page.
 */
export function rateLimitTableNamed(name: string): Table {
  return defineTable(name, {
    columns: z.object({
      key: z.string(),
      arrivals: z.record(z.string(), z.number()),
      whole_at: z.date(),
    }),
    primaryKey: "key",
  });
}

/**
 * The table of `createPostgresRateLimitStore` with its default name, `glam_rate_limits`. Put it into the list of tables from
 * which `migrate create --autogenerate` generates migrations.
 *
 * @example
 * ```ts
 * import { rateLimitTable } from "@glam/shared/api";
 * import { createTable } from "@glam/shared/db";
 *
 * console.log(createTable(rateLimitTable).length); // 1: the table
 * ```
 */
export const rateLimitTable: Table = /* @__PURE__ */ deferredTable(() =>
  rateLimitTableNamed("glam_rate_limits")
);
