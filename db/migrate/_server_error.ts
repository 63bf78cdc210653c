/** What is read of an error of Postgres or of its driver. */
export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly detail?: string | undefined;
  /** Where in the text, in characters from 1. */
  readonly position?: string | undefined;
  readonly schema_name?: string | undefined;
  readonly table_name?: string | undefined;
}

/** The error of Postgres or of the driver in `error` or in one of its causes. */
export function serverError(error: unknown): ServerError | undefined {
  for (let depth = 0; depth < 8 && typeof error === "object" && error !== null; depth++) {
    const { code, severity, cause } = error as { code?: unknown; severity?: unknown; cause?: unknown };
    const known = typeof severity === "string" || cause === undefined;
    if (known && typeof code === "string" && error instanceof Error) return error as unknown as ServerError;
    error = cause;
  }
  return undefined;
}

/** Whether the connection broke, so that nobody was told how the text ended. */
export function isConnectionLoss({ code }: ServerError): boolean {
  return code.startsWith("CONNECT") || code.startsWith("08") || /^57P0[1-3]$|^E[A-Z]{3,}$/.test(code);
}

/** Whether the text was rolled back for a lock that it did not get, and may get later. */
export function isLockFailure({ code }: ServerError): boolean {
  return code === "55P03" || code === "40P01" || code === "40001";
}
