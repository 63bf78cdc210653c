import type { LogFields, LoggerLike } from "@glam/shared/logging";

/** What was given to a logger. */
export interface LogEntry {
  readonly level: keyof LoggerLike;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is given. */
export function recordingLogger(): { readonly logger: LoggerLike; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at = (level: keyof LoggerLike) => (message: string, fields: LogFields = {}) =>
    void entries.push({ level, message, fields });
  const logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: at("critical"),
  };
  return { logger, entries };
}
