import { assertWhole } from "../internal/assert_number.ts";
import { envPrefix, readEnv } from "../internal/environment.ts";
import type { LogFileOptions } from "./_rotating_file.ts";
import { LEVEL_NAMES, type LogLevel, type Severity, severityOf } from "./levels.ts";
import type { RecordSink } from "./logtape.ts";
import type { RedactRule } from "./redact.ts";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /**
   * Lowest level that is written, in upper or lower case.
   * @default `{SERVICE}_LOG_LEVEL`, else `LOG_LEVEL`, else `info`
   */
  readonly level?: LogLevel | Uppercase<LogLevel> | undefined;
  /**
   * `json` for machines or `console` for humans.
   * @default "json" when the environment is `prod`, `production` or `staging`, else "console"
   */
  readonly format?: "json" | "console" | undefined;
  /**
   * The environment that lines state. It also selects the default format.
   * @default `APP_ENV`, else `dev`
   */
  readonly environment?: string | undefined;
  /**
   * What is redacted in addition to the usual names, such as `password`, `token` and `api_key`.
   * @default []
   */
  readonly redact?: RedactRule | readonly RedactRule[] | undefined;
  /**
   * Receives each line, without a line terminator. The first error that it throws or rejects with is reported on
   * `console.error`.
   * @default `console.log` for lines below `ERROR`, `console.error` for all others
   */
  readonly sink?: ((line: string) => unknown) | undefined;
  /**
   * LogTape sinks (Sentry, OpenTelemetry, ...) that also receive each line, as a record with secrets redacted. The
   * logger does not close them.
   * @default []
   */
  readonly recordSinks?: readonly RecordSink[] | undefined;
  /**
   * A rotating file that receives the lines as JSON, in addition to the sink. `false` ignores `LOG_FILE`.
   * @default a file at the path in `LOG_FILE` where that is set, of 10 MiB, with 5 rotated files
   */
  readonly file?: LogFileOptions | false | undefined;
}

/** The options with their defaults. */
export interface Settings {
  readonly threshold: Severity;
  readonly isJson: boolean;
  readonly environment: string;
  readonly file: Required<LogFileOptions> & { readonly maxBytes: number; readonly keep: number } | undefined;
  /** Invalid variables. They are logged and not thrown, because a typo in one must not stop a service. */
  readonly warnings: readonly string[];
}

const JSON_ENVIRONMENTS: ReadonlySet<string> = new Set(["prod", "production", "staging"]);

/**
 * @throws {TypeError} when `service` is empty, or an option has the wrong type.
 * @throws {RangeError} when `file.maxBytes` or `file.keep` is too small.
 */
export function toSettings(service: string, options: LoggerOptions): Settings {
  const { environment = readEnv("APP_ENV") ?? "dev", format, level, recordSinks = [], sink } = options;
  if (typeof service !== "string" || service === "") {
    throw new TypeError(`Expected \`service\` to be a name, got ${JSON.stringify(service)}`);
  }
  if (format !== undefined && format !== "json" && format !== "console") {
    throw new TypeError(`Expected \`format\` to be "json" or "console", got ${JSON.stringify(format)}`);
  }
  if (sink !== undefined && typeof sink !== "function") {
    throw new TypeError(`Expected \`sink\` to be a function, got ${typeof sink}`);
  }
  if (!Array.isArray(recordSinks) || recordSinks.some((sink) => typeof sink !== "function")) {
    throw new TypeError("Expected `recordSinks` to be an array of functions");
  }
  const warnings: string[] = [];
  return {
    threshold: level === undefined ? levelFromEnvironment(service, warnings) : levelFromOption(level),
    isJson: format === undefined ? JSON_ENVIRONMENTS.has(environment.toLowerCase()) : format === "json",
    environment,
    file: toFile(options.file),
    warnings,
  };
}

function levelFromOption(level: string): Severity {
  const severity = severityOf(level);
  if (severity === undefined) {
    throw new TypeError(`Expected \`level\` to be one of ${LEVEL_NAMES}, got ${JSON.stringify(level)}`);
  }
  return severity;
}

function levelFromEnvironment(service: string, warnings: string[]): Severity {
  for (const variable of [`${envPrefix(service)}_LOG_LEVEL`, "LOG_LEVEL"]) {
    const level = readEnv(variable);
    if (level === undefined) continue;
    const severity = severityOf(level);
    if (severity !== undefined) return severity;
    warnings.push(`Ignored ${variable}: expected one of ${LEVEL_NAMES}, got ${JSON.stringify(level)}`);
    break;
  }
  return 20;
}

function toFile(options: LogFileOptions | false | undefined): Settings["file"] {
  const given = options ?? (readEnv("LOG_FILE") === undefined ? false : { path: readEnv("LOG_FILE")! });
  if (given === false) return undefined;
  const { path, maxBytes = 10 * 1024 * 1024, keep = 5 } = given;
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Expected \`file.path\` to be a path, got ${JSON.stringify(path)}`);
  }
  assertWhole("file.maxBytes", maxBytes, 1024);
  assertWhole("file.keep", keep, 1);
  return { path, maxBytes, keep };
}
