import type { Table } from "@glam/shared/db";
import { idempotencyTable } from "@glam/shared/api";
import { inboxTable, outboxTable } from "@glam/shared/messaging";
import { storeTables } from "./store.ts";
import { usageTables } from "./usage.ts";

/** Every table, in the order in which they refer to each other: what the migrations make. */
export const tables: readonly Table[] = [
  ...storeTables,
  ...usageTables,
  outboxTable,
  inboxTable,
  idempotencyTable,
];
