import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineParts } from "./json_line.ts";
import type { Severity } from "./levels.ts";
import type { LoggerLike } from "./logger.ts";
import { createRedactor, REDACTED } from "./redact.ts";
import { createSanitizer } from "./sanitize.ts";
import type { Sanitizer } from "./sanitizer.ts";

/** A log record of LogTape: structurally the `LogRecord` of `@logtape/logtape`. */
export interface LogRecord {
  /** Category of the logger, from the root. */
  readonly category: readonly string[];
  /** Severity. */
  readonly level: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
  /** The message: text at even indexes, values between. */
  readonly message: readonly unknown[];
  /** The message template, with its placeholders. */
  readonly rawMessage: string | TemplateStringsArray;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Fields. */
  readonly properties: Record<string, unknown>;
}

/** A sink of LogTape: structurally the `Sink` of `@logtape/logtape`. */
export type RecordSink = (record: LogRecord) => void;

const METHODS = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  fatal: "critical",
} as const;

/**
 * A LogTape sink that writes the records of libraries as lines of `logger`: the category becomes the field `logger`,
 * properties become fields, `trace` becomes `DEBUG` and `fatal` becomes `CRITICAL`. Like every sink, it does not throw.
 *
 * @example
 * ```ts
 * import { configure, getLogger } from "@logtape/logtape";
 * import { createLogger, toLogTapeSink } from "@glam/shared/logging";
 *
 * const log = createLogger("catalog", { sink: (line) => console.log(line) });
 * await configure({
 *   reset: true,
 *   sinks: { glam: toLogTapeSink(log) },
 *   loggers: [{ category: [], sinks: ["glam"], lowestLevel: "info" }],
 * });
 * getLogger(["some", "library"]).info("Fetched {count} items", { count: 7 });
 * ```
 */
export function toLogTapeSink(logger: LoggerLike): RecordSink {
  const redactor = createRedactor();
  const sanitizer = createSanitizer(redactor);
  return (record) => {
    try {
      const isSecret = (name: string) => redactor.secrecyOf(name) !== "public";
      const message = renderMessage(record, isSecret, sanitizer);
      logger[METHODS[record.level] ?? "info"](message, {
        ...(record.category.length > 0 && { logger: record.category.join(".") }),
        ...record.properties,
      });
    } catch {
      // a throwing getter among the properties; LogTape would only log the error to itself
    }
  };
}

const RECORD_LEVELS: Readonly<Record<Severity, LogRecord["level"]>> = {
  10: "debug",
  20: "info",
  30: "warning",
  40: "error",
  50: "fatal",
};

/** One line as a record of LogTape. */
export function toRecord(
  service: string,
  environment: string,
  { severity, message, context, entries }: LineParts,
  error: Error | undefined,
): LogRecord {
  return {
    category: [service],
    level: RECORD_LEVELS[severity],
    message: [message],
    rawMessage: message,
    timestamp: Date.now(),
    properties: {
      environment,
      ...contextIds(context),
      ...entries,
      ...(error !== undefined && { error: toSafeError(entries) }),
    },
  };
}

/** An Error for sinks that want one, made of the redacted entries. */
function toSafeError({ error_type: name, error_code: code, exception: stack }: Entries): Error {
  const [, message = ""] = /^[^\n]*?: (.*)/.exec(String(stack)) ?? [];
  const values = { name, stack, ...(code !== undefined && { code }) };
  return Object.assign(new Error(message), values);
}

/** The text of a record's message, in which the values of placeholders with a secret name are redacted. */
function renderMessage(
  { message, rawMessage }: LogRecord,
  isSecret: (name: string) => boolean,
  sanitizer: Sanitizer,
): string {
  const names = typeof rawMessage === "string" ? placeholders(rawMessage) : [];
  const isNamed = names.length === (message.length - 1) / 2;
  return message.map((part, index) => {
    if (index % 2 === 0) return String(part);
    if (isNamed && isSecret(names[(index - 1) / 2]!)) return REDACTED;
    const safe = sanitizer.value(part);
    return typeof safe === "string" ? safe : JSON.stringify(safe) ?? "undefined";
  }).join("");
}

function placeholders(template: string): string[] {
  return [...template.replaceAll("{{", "").matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
}
