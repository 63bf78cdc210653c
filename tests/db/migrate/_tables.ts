// What `--tables` names in migrate_command_test.ts.
import { defineTable, type TableModel } from "@glam/shared/db";
import * as z from "zod";

export const Items: TableModel = defineTable("items", { columns: z.object({ id: z.int32() }) });
export const more: readonly TableModel[] = [defineTable("prices", { columns: z.object({ id: z.int32() }) })];
export const limit = 7;
