import { getContext } from "../context/storage.ts";
import { contextIds } from "./context_ids.ts";
import { errorFields, isError } from "./exception.ts";
import type { LogFields, LoggerLike } from "./logger.ts";
import { createRedactor } from "./redact.ts";
import { createSanitizer } from "./sanitize.ts";
import type { Sanitizer } from "./sanitizer.ts";

// Registered, so that the loggers of another copy of the package are recognized as well.
const STRUCTURED = Symbol.for("@glam/shared.logging.structured");

/** Marks a logger that reads the context and the Error in `error` by itself. */
export function markStructured<T extends LoggerLike>(logger: T): T {
  return Object.defineProperty(logger, STRUCTURED, { value: true });
}

/**
 * A logger that gives `logger` plain fields. A logger of another library knows neither the request context nor what to do
 * with an Error, which `JSON.stringify` writes as `{}`. So it gets, beside the other fields, the ids of the context
 * (`request_id`, `correlation_id`, ...) and `error_type`, `error_code`, `error_message` and `exception`, the stack with its
 * causes, all as strings. The Error itself stays readable as `fields.error`, but is not enumerable. A logger of
 * `createLogger` is returned as it is.
 */
export function toStructured(logger: LoggerLike): LoggerLike;
/** The same for an optional logger. */
export function toStructured(logger: LoggerLike | undefined): LoggerLike | undefined;
export function toStructured(logger: LoggerLike | undefined): LoggerLike | undefined {
  if (logger === undefined || STRUCTURED in logger) return logger;
  const sanitizer = createSanitizer(createRedactor());
  const at = (method: keyof LoggerLike) => (message: string, fields?: LogFields) =>
    logger[method](message, plainFields(fields, sanitizer));
  return markStructured({
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: at("critical"),
  });
}

function plainFields(fields: LogFields | undefined, sanitizer: Sanitizer): LogFields | undefined {
  const ids = contextIds(getContext());
  const given = isError(fields) ? { error: fields } : fields;
  const { error, ...rest } = given ?? {};
  if (!isError(error)) {
    const plain = { ...ids, ...given };
    return given === undefined && Object.keys(plain).length === 0 ? undefined : plain;
  }
  const { error_type, error_code, exception } = errorFields(error, sanitizer);
  const plain = {
    ...ids,
    ...rest,
    error_type,
    ...(error_code === undefined ? {} : { error_code: String(error_code) }),
    error_message: sanitizer.text(String(error.message)),
    exception,
  };
  return Object.defineProperty(plain, "error", { value: error });
}
