/** What is read of an error that is not ours. Nothing of it may be relied on. */
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
  readonly subject?: unknown;
  readonly issues?: unknown;
  readonly getResponse?: unknown;
  readonly isNoResponders?: unknown;
}

/** The first of `values` that is a text with something in it. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}
