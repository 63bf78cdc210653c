import { getContext } from "../context/storage.ts";
import { isoNow } from "../internal/clock.ts";
import { escapeControls } from "../internal/terminal_text.ts";
import { openRotatingFile, type RotatingFile } from "./_rotating_file.ts";
import { consoleLines } from "./console_line.ts";
import { isTerminal, wantsColours, writeToConsole } from "./console_sink.ts";
import { bindFields, type Entries, toEntries, toGivenFields } from "./entries.ts";
import { errorFields, isError } from "./exception.ts";
import { jsonLines, type LineParts } from "./json_line.ts";
import { type Severity, severityOf } from "./levels.ts";
import type { Logger } from "./logger.ts";
import { toRecord } from "./logtape.ts";
import { terminalLines } from "./terminal_line.ts";
import { levelOverride } from "./override_level.ts";
import { type LoggerOptions, toSettings } from "./options.ts";
import { createOutput } from "./output.ts";
import { markStructured } from "./structured_logger.ts";
import { createRedactor } from "./redact.ts";
import { createSanitizer } from "./sanitize.ts";

/**
 * Makes the logger of a service. Each call writes one line, with the ids of the current request and without secrets.
 *
 * @example
 * ```ts
 * import { createLogger } from "@glam/shared/logging";
 *
 * await using log = createLogger("catalog", { level: "debug", format: "json" });
 * const order = log.child({ order_id: 789 });
 * order.info("Creating order", { lines: 2, token: "t0p" }); // ... "order_id":789,"lines":2,"token":"[redacted]"}
 * order.error("Creating failed", { error: new Error("no stock") });
 * ```
 *
 * @throws {TypeError} when `service` is empty, or an option has the wrong type.
 * @throws {RangeError} when `file.maxBytes` or `file.keep` is too small.
 */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const settings = toSettings(service, options);
  const { environment, isJson, threshold } = settings;
  const { recordSinks = [], sink } = options;
  const sanitizer = createSanitizer(createRedactor(options.redact));
  const toJson = jsonLines(service, environment);
  const toLine = isJson
    ? sink === undefined && isTerminal() ? (parts: LineParts) => escapeControls(toJson(parts)) : toJson
    : sink === undefined && wantsColours()
    ? terminalLines()
    : consoleLines(service);
  const override = levelOverride();
  const isWritten = (severity: number) => severity >= (override.threshold ?? threshold);
  const output = createOutput(service, (error) => errorFields(toError(error), sanitizer).exception);
  let file: RotatingFile | undefined;

  function write(severity: Severity, bound: Entries | undefined, given: unknown, givenFields: unknown): void {
    try {
      const { error, fields } = toGivenFields(givenFields ?? (isError(given) ? given : undefined));
      const context = getContext();
      const parts: LineParts = {
        severity,
        timestamp: isoNow(),
        message: sanitizer.text(typeof given === "string" ? given : toMessage(given)),
        context,
        entries: toEntries(context, bound, { error, fields }, sanitizer),
      };
      const line = toLine(parts);
      output.send(() => sink === undefined ? writeToConsole(line, severity) : sink(line));
      file?.write(isJson ? line : toJson(parts));
      for (const recordSink of recordSinks) {
        output.send(() => recordSink(toRecord(service, environment, parts, error)));
      }
    } catch (error) {
      output.report(error);
    }
  }

  function toMessage(given: unknown): string {
    const value = sanitizer.value(isError(given) ? given.message : given);
    return typeof value === "string" ? value : JSON.stringify(value) ?? "undefined";
  }

  async function flush(): Promise<void> {
    await output.settled();
    await file?.flush();
  }

  async function close(): Promise<void> {
    await output.settled();
    await file?.close();
  }

  function toLogger(bound: Entries | undefined): Logger {
    const at = (severity: Severity): Logger["info"] => (message, fields) => {
      if (isWritten(severity)) write(severity, bound, message, fields);
    };
    const warn = at(30);
    return markStructured({
      debug: at(10),
      info: at(20),
      warn,
      warning: warn,
      error: at(40),
      critical: at(50),
      child(given) {
        const { error, fields = { error } } = toGivenFields(given);
        return toLogger(bindFields(bound, fields, sanitizer));
      },
      isEnabled: (level) => isWritten(severityOf(level) ?? 0),
      flush,
      close,
      [Symbol.asyncDispose]: close,
    });
  }

  const logger = toLogger(undefined);
  if (settings.file !== undefined) file = openRotatingFile(settings.file, logger.warn);
  for (const warning of settings.warnings) logger.warn(warning);
  return logger;
}

function toError(value: unknown): Error {
  return isError(value) ? value : new Error("", { cause: value });
}
