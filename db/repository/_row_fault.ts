import { ContractError, ValidationError } from "../../errors/common.ts";
import type { ValidationIssue } from "../../errors/validation_errors.ts";
import { isGlamError } from "../../errors/glam_error.ts";
import { codeOf } from "../pool/_query_error.ts";
import type { Table } from "../table/table.ts";
import type { RowOrigin } from "./query_options.ts";

/** Validates the option `from`. */
export function originOf(from: unknown): RowOrigin {
  if (from === undefined || from === "service") return "service";
  if (from === "client") return from;
  throw new TypeError(`Expected \`from\` to be "client" or "service", got ${JSON.stringify(from)}`);
}

/** What is known of a wrong row. */
export interface RowFault {
  readonly message: string;
  readonly field?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** The error for a wrong row: a client's is a ValidationError (422), one of the service's own code a ContractError (500). */
export function rowError({ name }: Table, from: RowOrigin, fault: RowFault): Error {
  const { message, field, details = {}, cause } = fault;
  if (from === "client") {
    return new ValidationError(message, { ...(field === undefined ? {} : { field }), details, cause });
  }
  return new ContractError(`Cannot write a row of "${name}": ${explain(message, details)}`, {
    contract: name,
    details,
    cause,
  });
}

const MAX_EXPLAINED = 3;

/** The message with the first issues: a log shows nothing else of them. */
function explain(message: string, details: Readonly<Record<string, unknown>>): string {
  const issues = details["validation_errors"] as readonly ValidationIssue[] | undefined;
  if (issues === undefined) return message;
  const first = issues.slice(0, MAX_EXPLAINED).map(({ field, message }) =>
    field === "" ? message : `${field}: ${message}`
  );
  const more = issues.length - first.length;
  return first.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/**
 * The error for a failed write: where Postgres refused a value of the row, it is the one of {@link rowError}. Any other
 * stays as it is.
 */
export function toRowError(error: unknown, table: Table, from: RowOrigin): unknown {
  // The SQLSTATEs that are a ValidationError are those of values: 22001 22003 22007 22008 22021 22P02 22P05 23502 23514.
  if (from === "client" || !isGlamError(error) || error.code !== "VALIDATION_ERROR") return error;
  if (codeOf(error) === undefined) return error;
  return rowError(table, from, { message: error.message, details: error.details, cause: error.cause });
}
