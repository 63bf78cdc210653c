import { idempotencyTable } from "@glam/shared/api";
import type { Table } from "@glam/shared/db";
import { inboxFenceTable, inboxTable, outboxTable } from "@glam/shared/messaging";
import { schedulesTable } from "@glam/shared/schedule";
import { historyTables } from "./history.ts";
import { orderTables } from "./store.ts";

/** Every table: what the migrations make. */
export const tables: readonly Table[] = [
  ...orderTables,
  ...historyTables,
  outboxTable,
  inboxTable,
  inboxFenceTable,
  idempotencyTable,
  schedulesTable,
];
