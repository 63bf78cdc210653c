import type { LogLevel } from "./levels.ts";

/** Fields of one line. A field named `error` that holds an Error becomes the line's exception. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The least a logger has to be: what `glamMiddleware` and every other part of this package asks for. A logger of
 * another library, or of your own, fits when it has these five methods.
 */
export interface LoggerLike {
  /** Writes a line that only somebody looking for a fault wants. */
  debug(message: string, fields?: LogFields): void;
  /** Writes a line about what happened as it should. */
  info(message: string, fields?: LogFields): void;
  /** Writes a line about something unexpected that was dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** Writes a line about an operation that failed. */
  error(message: string, fields?: LogFields): void;
  /** Writes a line about a service that cannot go on. */
  critical(message: string, fields?: LogFields): void;
}

/**
 * A logger as {@link createLogger} makes it. No method throws, and methods need no `this`: they can be passed on
 * alone.
 */
export interface Logger extends LoggerLike, AsyncDisposable {
  /** Writes a line that only somebody looking for a fault wants. */
  debug(message: string, fields?: LogFields | Error): void;
  /** Writes a line about what happened as it should. */
  info(message: string, fields?: LogFields | Error): void;
  /** Writes a line about something unexpected that was dealt with. */
  warn(message: string, fields?: LogFields | Error): void;
  /** The same as {@link Logger.warn}. */
  warning(message: string, fields?: LogFields | Error): void;
  /** Writes a line about an operation that failed. */
  error(message: string, fields?: LogFields | Error): void;
  /** Writes a line about a service that cannot go on. */
  critical(message: string, fields?: LogFields | Error): void;
  /**
   * A logger that adds `fields` to each of its lines, in the state they have now. It shares sink, file and level with
   * this one; a field of a single line wins over a bound field of the same name.
   */
  child(fields: LogFields): Logger;
  /** Whether lines of this level are written: for code that would do work only to log its result. */
  isEnabled(level: LogLevel): boolean;
  /** Resolves when every line so far has left: the file is written, and the promises of the sink are settled. */
  flush(): Promise<void>;
  /** Flushes, and closes the file. Lines that come later still go to the sink. */
  close(): Promise<void>;
}
