/** Names of the levels, lowest first. `warn` and `warning` are the same level. */
export type LogLevel = "debug" | "info" | "warn" | "warning" | "error" | "critical";

/** How severe a line is; a higher number is worse. */
export type Severity = 10 | 20 | 30 | 40 | 50;

const SEVERITIES: Readonly<Record<LogLevel, Severity>> = {
  debug: 10,
  info: 20,
  warn: 30,
  warning: 30,
  error: 40,
  critical: 50,
};

/** The names of the levels in a line, which are those of Python's `logging`. */
export const LABELS: Readonly<Record<Severity, string>> = {
  10: "DEBUG",
  20: "INFO",
  30: "WARNING",
  40: "ERROR",
  50: "CRITICAL",
};

/** The valid names, for error messages. */
export const LEVEL_NAMES: string = Object.keys(SEVERITIES).join(", ");

/** The severity of a level name in any case, or `undefined` where there is no such level. */
export function severityOf(name: unknown): Severity | undefined {
  const key = typeof name === "string" ? name.toLowerCase() : "";
  return Object.hasOwn(SEVERITIES, key) ? SEVERITIES[key as LogLevel] : undefined;
}
