import { ConfigError } from "../../errors/config_error.ts";

const UNDEFINED_TABLE = "42P01";

/** Replaces the error of a missing table by one that says how to create it; returns any other error unchanged. */
export function withTableHint(error: unknown, table: string): unknown {
  if (!isUndefinedTable(error)) return error;
  return new ConfigError(
    `Cannot find the outbox's table ${table} in the database: migrate it, with \`outbox.table\` in the list of tables, ` +
      "or call `outbox.ensureTable()`",
    { cause: error },
  );
}

function isUndefinedTable(error: unknown): boolean {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    if ((at as { readonly code?: unknown }).code === UNDEFINED_TABLE) return true;
    at = at.cause;
  }
  return false;
}
