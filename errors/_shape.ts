/** The members that are read of a foreign error. Each may be absent, or of any type. */
export interface ForeignError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly cause?: unknown;
  readonly severity?: unknown;
  readonly constraint_name?: unknown;
  readonly constraint?: unknown;
  readonly table_name?: unknown;
  readonly table?: unknown;
  readonly column_name?: unknown;
  readonly column?: unknown;
  readonly detail?: unknown;
  readonly subject?: unknown;
  readonly query?: unknown;
  readonly params?: unknown;
  readonly issues?: unknown;
  readonly getResponse?: unknown;
  readonly isNoResponders?: unknown;
}

/** The first of `values` that is a text and not empty. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}
