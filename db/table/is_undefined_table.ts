const UNDEFINED_TABLE = "42P01";

/** Whether an error, or one of its causes, says that a table does not exist. */
export function isUndefinedTable(error: unknown): boolean {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    if ((at as { readonly code?: unknown }).code === UNDEFINED_TABLE) return true;
    at = at.cause;
  }
  return false;
}
