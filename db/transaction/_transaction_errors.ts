import { DatabaseError } from "../../errors/infrastructure.ts";

/** The error for a use after the end. */
export function finished(): DatabaseError {
  return new DatabaseError("Cannot use a transaction that is finished", { status: 500, retryable: false });
}

/** The error for a query beside a COPY, which its connection cannot take. */
export function copyRuns(): DatabaseError {
  return new DatabaseError("Cannot send a query while a COPY runs in its transaction: end its stream first", {
    status: 500,
    retryable: false,
  });
}

/** The error for a callback that has sent `commit` or `rollback`. */
export function endedByStatement(): DatabaseError {
  return new DatabaseError(
    "Cannot end a transaction by a statement: return from its callback to commit, throw to roll back",
    { status: 500, retryable: false },
  );
}

/** The error for a connection that was lost during the commit. */
export function unknownOutcome(cause: Error): DatabaseError {
  return new DatabaseError(
    "Database connection failed during the commit: the transaction may be committed or not",
    {
      cause,
      retryable: false,
      errorCode: "08007", // transaction_resolution_unknown
    },
  );
}
