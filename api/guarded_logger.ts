import type { LogFields, LoggerLike } from "../logging/logger.ts";
import { markStructured, toStructured } from "../logging/structured_logger.ts";

const METHODS = ["debug", "info", "warn", "error", "critical"] as const;

/**
 * The application's logger, except that what it throws is dropped and fails no request. A logger of another library gets
 * plain fields.
 *
 * @throws {TypeError} when it lacks a method.
 */
export function guardLogger(logger: LoggerLike): LoggerLike {
  for (const method of METHODS) {
    if (typeof logger?.[method] !== "function") {
      throw new TypeError(
        `Expected \`logger\` to have a method \`${method}\`, got ${typeof logger?.[method]}`,
      );
    }
  }
  const structured = toStructured(logger);
  const guard = (method: typeof METHODS[number]) => (message: string, fields?: LogFields) => {
    try {
      structured[method](message, fields);
    } catch { // nobody is left to tell
    }
  };
  return markStructured({
    debug: guard("debug"),
    info: guard("info"),
    warn: guard("warn"),
    error: guard("error"),
    critical: guard("critical"),
  });
}
