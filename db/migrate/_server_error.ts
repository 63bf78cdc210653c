/** The fields of an error of Postgres or of its driver that are read here. */
export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly detail?: string | undefined;
  /** Position in the text, in characters from 1. */
  readonly position?: string | undefined;
  readonly schema_name?: string | undefined;
  readonly table_name?: string | undefined;
}

/** The error of Postgres or of the driver: `error` itself or one of its causes. */
export function serverError(error: unknown): ServerError | undefined {
  for (let depth = 0; depth < 8 && typeof error === "object" && error !== null; depth++) {
    const { code, severity, cause } = error as { code?: unknown; severity?: unknown; cause?: unknown };
    const known = typeof severity === "string" || cause === undefined;
    if (known && typeof code === "string" && error instanceof Error) return error as unknown as ServerError;
    error = cause;
  }
  return undefined;
}

/** Whether the connection was lost, so that the outcome is unknown. */
export function isConnectionLoss({ code }: ServerError): boolean {
  return code.startsWith("CONNECT") || code.startsWith("08") || /^57P0[1-3]$|^E[A-Z]{3,}$/.test(code);
}

/** Whether the text was rolled back because it did not get a lock, and may get it later. */
export function isLockFailure({ code }: ServerError): boolean {
  return code === "55P03" || code === "40P01" || code === "40001";
}
