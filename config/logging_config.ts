import * as z from "zod";
import { markReady } from "./_schema_marks.ts";

const LEVELS = ["debug", "info", "warn", "warning", "error", "critical"] as const;

/** The output of {@link loggingConfig}: options of `createLogger`. */
export interface LoggingConfig {
  /** Lowest level that is written. */
  readonly level?: "debug" | "info" | "warn" | "warning" | "error" | "critical" | undefined;
  /** `json` for machines, `console` for humans. */
  readonly format?: "json" | "console" | undefined;
  /** A log file in addition to the console, or `false` for none. */
  readonly file?: false | LogFileConfig | undefined;
}

/** The log file in the output of {@link loggingConfig}. */
export interface LogFileConfig {
  /** Path of the file. */
  readonly path: string;
  /** Size in bytes at which the file is rotated, at least 1024. */
  readonly maxBytes?: number | undefined;
  /** Number of rotated files that are kept, at least 1. */
  readonly keep?: number | undefined;
}

/**
 * Schema of the options of `createLogger`: `level` in upper or lower case, `format`, and `file`, which is a path, `false`,
 * or a map of `path`, `max_bytes` and `keep`. They can also be set by the variables `{SERVICE}_LOG_LEVEL`, `LOG_LEVEL` and
 * `LOG_FILE`.
 */
export const loggingConfig: z.ZodType<LoggingConfig, Readonly<Record<string, unknown>>> =
  /* @__PURE__ */ markReady(/* @__PURE__ */ z.lazy(loggingSchema), {
    prefixed: { LOG_LEVEL: "level" },
    shared: { LOG_LEVEL: "level", LOG_FILE: "file" },
  });

function loggingSchema(): z.ZodType<LoggingConfig, Readonly<Record<string, unknown>>> {
  const whole = (least: number) => z.int().min(least).optional();
  const file = z.object({ path: z.string().min(1), max_bytes: whole(1024), keep: whole(1) });
  return z.object({
    level: z.string().toLowerCase().pipe(z.enum(LEVELS)).optional(),
    format: z.enum(["json", "console"]).optional(),
    file: z.union([
      z.literal(false),
      z.pipe(z.string().min(1), z.transform((path): LogFileConfig => ({ path }))),
      z.pipe(file, z.transform(({ max_bytes: maxBytes, ...rest }): LogFileConfig => ({ ...rest, maxBytes }))),
    ]).optional(),
  });
}
