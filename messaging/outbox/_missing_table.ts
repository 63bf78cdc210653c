import { ConfigError } from "../../errors/config_error.ts";

const UNDEFINED_TABLE = "42P01";

/** What the database says; where it lacks the table, what to do about that. */
export function explain(error: unknown, table: string): unknown {
  if (!isMissing(error)) return error;
  return new ConfigError(
    `Cannot find the outbox's table ${table} in the database: migrate it, with \`outbox.table\` in the list of tables, ` +
      "or call `outbox.ensureTable()`",
    { cause: error },
  );
}

function isMissing(error: unknown): boolean {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    if ((at as { readonly code?: unknown }).code === UNDEFINED_TABLE) return true;
    at = at.cause;
  }
  return false;
}
