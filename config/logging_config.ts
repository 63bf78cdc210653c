import * as z from "zod";
import { markReady } from "./_schema_marks.ts";

const LEVELS = ["debug", "info", "warn", "warning", "error", "critical"] as const;

/** What {@link loggingConfig} gives: options of `createLogger`, where they are described. */
export interface LoggingConfig {
  /** Lowest level that is written. */
  readonly level?: "debug" | "info" | "warn" | "warning" | "error" | "critical" | undefined;
  /** For machines or for humans. */
  readonly format?: "json" | "console" | undefined;
  /** A file for the lines, beside the console. */
  readonly file?: false | LogFileConfig | undefined;
}

/** A log file, as {@link loggingConfig} gives it. */
export interface LogFileConfig {
  /** Path of the file. */
  readonly path: string;
  /** Bytes after which a new file is begun. */
  readonly maxBytes?: number | undefined;
  /** How many rotated files are kept. */
  readonly keep?: number | undefined;
}

/**
 * The configuration of a logger, for `createLogger`: `level` in any case, `format` and `file`, which is a path, `false`,
 * or a map of `path`, `max_bytes` and `keep`. The variables `{SERVICE}_LOG_LEVEL`, `LOG_LEVEL` and `LOG_FILE` set them,
 * too.
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
