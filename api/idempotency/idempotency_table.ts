import * as z from "zod";
import { deferredTable } from "../../db/table/deferred_table.ts";
import { defineTable } from "../../db/table/define_table.ts";
import type { Table } from "../../db/table/table.ts";

/**
 * The table of `idempotency({ database })`, `glam_idempotency_keys`. Put it into the list of tables from which
 * `migrate create --autogenerate` generates migrations.
 *
 * @example
 * ```ts
 * import { idempotencyTable } from "@glam/shared/api";
 * import { createTable } from "@glam/shared/db";
 *
 * console.log(createTable(idempotencyTable).length); // 2: the table and an index
 * ```
 */
export const idempotencyTable: Table = /* @__PURE__ */ deferredTable(() =>
  defineTable("glam_idempotency_keys", {
    columns: z.object({
      scope: z.string(),
      endpoint: z.string(),
      idempotency_key: z.string(),
      fingerprint: z.string(),
      status: z.int32().nullable(), // null while a handler of the mode `lock` runs
      headers: z.string().nullable(), // null where the answer is too large
      body: z.string().nullable(),
      owner: z.string().nullable(),
      leased_until: z.date().nullable(),
      expires_at: z.date(),
    }),
    primaryKey: ["scope", "endpoint", "idempotency_key"],
    indexes: ["expires_at"],
  })
);
