/**
 * Logging for services: one line for each call, as JSON for machines or as text for a terminal, with the ids of the
 * current request and with secrets redacted.
 *
 * Use {@link createLogger} once for a service and {@link Logger.child} for a part of it. A logger neither throws nor
 * blocks: a failure to write is reported once on the console and never reaches the caller.
 *
 * ```ts
 * import { createLogger } from "@glam/shared/logging";
 *
 * const log = createLogger("catalog", { format: "json", environment: "prod" });
 * log.info("Item stored", { item_id: 7, api_key: "k3y" });
 * // {"timestamp":"2026-01-15T10:30:45.123Z","level":"INFO","service":"catalog","message":"Item stored",
 * //  "environment":"prod","item_id":7,"api_key":"[redacted]"}
 *
 * try {
 *   throw new Error("no route to postgres://app:s3cret@db/catalog");
 * } catch (error) {
 *   log.error("Storing failed", { error }); // adds error_type, error_code and exception
 * }
 * ```
 *
 * **Lines.** A line has `timestamp level service message environment`, then the ids of the current context that are
 * known (`request_id correlation_id trace_id merchant_id merchant_domain user_id source_service`), then its fields, then
 * `error_type error_code error_details exception` of its error. A field whose name is one of those in the line is
 * renamed to `field_<name>`. Lines of `ERROR` and `CRITICAL` go to `console.error`, all others to `console.log`.
 *
 * **Secrets.** A value is redacted when its key names a secret: `password`, `token`, `authorization`, `cookie`, `secret`,
 * `credentials`, `api_key`, `private_key`, `jwt` and a few more, as words in any case, or at the end of a word such as
 * `accesstoken`. A plural whose value is a number or boolean is a count, and is shown (`tokens_used: 7`). This holds at any
 * depth, for keys of objects and Maps, for lists of names and values such as `[...headers]`, for `{ name, value }`, and
 * for parameters, JSON members and `Bearer` tokens in texts. URLs lose their user information in every text: messages,
 * fields, keys, stacks. `docs/logging.md` has the whole list.
 *
 * **Limits.** A line shows 8 levels of nesting, 100 members of a list or object, 8,192 characters of a text, 16,384 of
 * an exception, and about 65,536 characters of all fields. A mark such as `… 9000 more` replaces what exceeds them.
 *
 * **Files.** `LOG_FILE`, or the option `file`, adds a rotating file of JSON lines. It is written within 100 ms, on
 * {@link Logger.flush}, and when the process exits. A signal without a listener ends a process without an exit event, so
 * close the logger on `SIGTERM`, as `createService` does.
 *
 * @module
 */

export { type LogFileOptions } from "./_rotating_file.ts";
export { createLogger } from "./create_logger.ts";
export { type LogLevel } from "./levels.ts";
export type { LogFields, Logger, LoggerLike } from "./logger.ts";
export { type LogRecord, type RecordSink, toLogTapeSink } from "./logtape.ts";
export { type LoggerOptions } from "./options.ts";
export { overrideLevel } from "./override_level.ts";
export { type RedactRule } from "./redact.ts";
