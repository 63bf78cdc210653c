import { isUndefinedTable } from "../../db/table/is_undefined_table.ts";
import { ConfigError } from "../../errors/config_error.ts";

/** Replaces the error of a missing table by one that says how to create it; returns any other error unchanged. */
export function withTableHint(error: unknown, table: string): unknown {
  if (!isUndefinedTable(error)) return error;
  return new ConfigError(
    `Cannot find the outbox's table ${table} in the database: migrate it, with \`outbox.table\` in the list of tables, ` +
      "or call `outbox.ensureTable()`",
    { cause: error },
  );
}
