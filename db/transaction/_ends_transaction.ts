const ROLLBACK_TO = /\brollback\s+(?:(?:work|transaction)\s+)?to\b/gi;
const ROLLBACK = /\b(?:abort|rollback)\b/i;

/** Whether the statements of `text`, whose result this is, have ended a transaction. */
export function endsTransaction(result: unknown, text: string | undefined): boolean {
  const results = Array.isArray(result) && !Object.hasOwn(result, "command") ? result : [result];
  return results.some((each) => {
    const { command } = (each ?? {}) as { command?: unknown };
    if (command === "COMMIT" || command === "PREPARE TRANSACTION") return true;
    // The command of `rollback to savepoint` is ROLLBACK, too.
    return command === "ROLLBACK" && ROLLBACK.test((text ?? "").replace(ROLLBACK_TO, ""));
  });
}
