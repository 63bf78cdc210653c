import { LEVEL_NAMES, type LogLevel, type Severity, severityOf } from "./levels.ts";

/** The level that all loggers of a process have instead of their own. */
interface Override {
  threshold: Severity | undefined;
}

// A registered symbol: the loggers of several copies of the package follow one level.
const KEY = Symbol.for("@glam/shared.logging.level.v1");

/** The override of this process. */
export function levelOverride(): Override {
  return (globalThis as { [KEY]?: Override })[KEY] ??= { threshold: undefined };
}

/**
 * Gives every logger of this process that `createLogger` has made another level than its own, while an operator looks for a
 * fault; without a level, each has its own again.
 *
 * @throws {TypeError} when there is no such level.
 */
export function overrideLevel(level?: LogLevel): void {
  const threshold = severityOf(level);
  if (level !== undefined && threshold === undefined) {
    throw new TypeError(`Expected \`level\` to be one of ${LEVEL_NAMES}, got ${JSON.stringify(level)}`);
  }
  levelOverride().threshold = threshold;
}
