import { fieldsOfDetail } from "./_postgres_fields.ts";
import { firstText, type ForeignError } from "./_shape.ts";
import { ConflictError, ForbiddenError, ValidationError } from "./common.ts";
import type { GlamError } from "./glam_error.ts";
import { DatabaseError } from "./infrastructure.ts";

type Kind = "conflict" | "forbidden" | "invalid" | "misconfigured" | "serialization" | "unavailable";

// By SQLSTATE, or by its class of two characters. The messages are fixed, because the server's can hold data of another
// user; that of 22P02 always quotes the value.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SQLSTATES: Readonly<Record<string, readonly [Kind, string]>> = {
  "08": ["unavailable", "Database connection failed"],
  "22001": ["invalid", "A value is too long"],
  "22003": ["invalid", "A number is out of range"],
  "22007": ["invalid", "A date or time has the wrong format"],
  "22008": ["invalid", "A date or time is out of range"],
  "22021": ["invalid", "A text has a character that cannot be stored"],
  "22P02": ["invalid", "A value has the wrong format"],
  "22P05": ["invalid", "A text has a character that cannot be stored"],
  "23001": ["conflict", "The record is still referred to"], // what PostgreSQL 18 says of ON DELETE RESTRICT
  "23502": ["invalid", "A required value is missing"],
  "23503": ["conflict", "The record refers to one that does not exist, or is still referred to"],
  "23505": ["conflict", "A record with these values already exists"],
  "23514": ["invalid", "A value is not allowed"],
  "23P01": ["conflict", "The record conflicts with an existing one"],
  "25006": ["unavailable", "Database accepts only reads"], // a standby, or a primary that has become one
  "28": ["misconfigured", "Database refused the role or its password"],
  "3D000": ["misconfigured", "Database does not exist"],
  "40001": ["serialization", "The operation conflicted with another at the same time"],
  "40P01": ["serialization", "The operation conflicted with another at the same time"],
  "42501": ["forbidden", "Insufficient permissions"],
  "53": ["unavailable", "Database is out of resources"],
  "55P03": ["unavailable", "Database lock was not available"],
  "57014": ["unavailable", "Database query was cancelled"],
  "57P01": ["unavailable", "Database connection was terminated"],
  "57P02": ["unavailable", "Database connection was terminated"],
  "57P03": ["unavailable", "Database is not ready"],
};

// Codes of the postgres.js driver, and whether the same query may succeed later.
const DRIVER_CODES: Readonly<Record<string, boolean>> = {
  CONNECTION_CLOSED: true,
  CONNECTION_DESTROYED: true,
  CONNECTION_ENDED: true,
  CONNECT_TIMEOUT: true,
  MAX_PARAMETERS_EXCEEDED: false,
  NOT_TAGGED_CALL: false,
  UNDEFINED_VALUE: false,
  UNSAFE_TRANSACTION: false,
};

/** Maps an error of PostgreSQL or of the postgres.js driver; `undefined` for any other. */
export function fromPostgres(error: ForeignError): GlamError | undefined {
  const { code } = error;
  if (typeof code !== "string") return undefined;
  if (Object.hasOwn(DRIVER_CODES, code)) {
    return DRIVER_CODES[code]
      ? unavailable("Database connection failed", error)
      : broken("Database query could not be sent", error);
  }
  // EPIPE has five capital letters too.
  const ofServer = typeof error.severity === "string" || error.name === "PostgresError";
  return ofServer && /^[0-9A-Z]{5}$/.test(code) ? fromSqlState(code, error) : undefined;
}

function fromSqlState(code: string, error: ForeignError): GlamError {
  const [kind, message] = (code === "08P01" ? fromPooler(error) : undefined) ?? SQLSTATES[code] ??
    SQLSTATES[code.slice(0, 2)] ?? [];
  // Clients see these details, so they hold only the name of the constraint and of its columns.
  const constraint = firstText(error.constraint_name, error.constraint);
  const fields = kind === "conflict" ? fieldsOfDetail(error.detail) : [];
  const details = {
    ...(constraint !== undefined && { constraint }),
    ...(fields.length > 0 && { fields }),
  };
  const options = { cause: error, details };
  switch (kind) {
    case "conflict":
      return new ConflictError(message!, options);
    case "serialization":
      return new ConflictError(message!, { cause: error, details: { retryable: true } });
    case "invalid":
      return new ValidationError(message!, options);
    case "forbidden":
      return new ForbiddenError(message, { cause: error });
    case "unavailable":
      return unavailable(message!, error);
    case "misconfigured":
      return broken(message!, error);
    default:
      return broken("Database operation failed", error);
  }
}

/** PgBouncer reports outages and wrong settings with this one code, so that only the texts tell them apart. */
function fromPooler({ message }: ForeignError): readonly [Kind, string] | undefined {
  if (typeof message !== "string") return undefined;
  if (/^unsupported startup parameter/.test(message)) {
    return [
      "misconfigured",
      "Database is behind a pooler that refuses a startup parameter: connect with `pooler: true`",
    ];
  }
  return /^no such (?:database|user)\b/.test(message)
    ? ["misconfigured", "Database or role is not known to the pooler"]
    : undefined;
}

function unavailable(message: string, error: ForeignError): GlamError {
  return new DatabaseError(message, { cause: error, ...facts(error) });
}

/** A mistake of the program, not an outage: trying again does not help. */
function broken(message: string, error: ForeignError): GlamError {
  return new DatabaseError(message, { cause: error, status: 500, retryable: false, ...facts(error) });
}

function facts(error: ForeignError) {
  return {
    errorCode: firstText(error.code),
    table: firstText(error.table_name, error.table),
    details: Object.fromEntries(
      Object.entries({
        column: firstText(error.column_name, error.column),
        constraint: firstText(error.constraint_name, error.constraint),
      }).filter(([, name]) => name !== undefined),
    ),
  };
}
