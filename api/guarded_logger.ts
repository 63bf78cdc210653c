import type { LogFields, LoggerLike } from "../logging/logger.ts";

const METHODS = ["debug", "info", "warn", "error", "critical"] as const;

/**
 * The application's logger, except that what it throws is dropped and fails no request.
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
  const guard = (method: typeof METHODS[number]) => (message: string, fields?: LogFields) => {
    try {
      logger[method](message, fields);
    } catch { // nobody is left to tell
    }
  };
  return {
    debug: guard("debug"),
    info: guard("info"),
    warn: guard("warn"),
    error: guard("error"),
    critical: guard("critical"),
  };
}
