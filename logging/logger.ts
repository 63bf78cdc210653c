import type { LogLevel } from "./levels.ts";

/** Fields of one line. A field named `error` that holds an Error becomes the line's exception. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The interface of a logger that `glamMiddleware` and every other part of this package takes. Any object with these
 * five methods fits, so that a logger of another library can be used. It gets the ids of the request context, and
 * `error_type`, `error_code`, `error_message` and `exception` of an error, as strings among the fields.
 */
export interface LoggerLike {
  /** Writes a line that is useful only while debugging. */
  debug(message: string, fields?: LogFields): void;
  /** Writes a line about normal operation. */
  info(message: string, fields?: LogFields): void;
  /** Writes a line about something unexpected that did not fail the operation. */
  warn(message: string, fields?: LogFields): void;
  /** Writes a line about a failed operation. */
  error(message: string, fields?: LogFields): void;
  /** Writes a line about a failure that the service cannot continue after. */
  critical(message: string, fields?: LogFields): void;
}

/**
 * The logger that {@link createLogger} makes. No method throws. Methods do not use `this`, so that they can be passed
 * as functions.
 */
export interface Logger extends LoggerLike, AsyncDisposable {
  /** Writes a line that is useful only while debugging. */
  debug(message: string, fields?: LogFields | Error): void;
  /** Writes a line about normal operation. */
  info(message: string, fields?: LogFields | Error): void;
  /** Writes a line about something unexpected that did not fail the operation. */
  warn(message: string, fields?: LogFields | Error): void;
  /** The same as {@link Logger.warn}. */
  warning(message: string, fields?: LogFields | Error): void;
  /** Writes a line about a failed operation. */
  error(message: string, fields?: LogFields | Error): void;
  /** Writes a line about a failure that the service cannot continue after. */
  critical(message: string, fields?: LogFields | Error): void;
  /**
   * Makes a logger that adds `fields` to each of its lines. They are copied by this call. It shares sink, file and level
   * with this logger. A field of a single line replaces a bound field of the same name.
   */
  child(fields: LogFields): Logger;
  /** Whether lines of this level are written. Use it to skip work whose result is only logged. */
  isEnabled(level: LogLevel): boolean;
  /** Resolves when every line so far is written to the file, and every promise of the sinks is settled. */
  flush(): Promise<void>;
  /** Flushes, and closes the file. Later lines go to the sink only. */
  close(): Promise<void>;
}
