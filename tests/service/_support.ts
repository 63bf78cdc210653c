import type { LogFields, LoggerLike } from "@glam/shared/logging";
import { createService, type Service, type ServiceOptions } from "@glam/shared/service";

/** One line of a log. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines. */
export function captureLogger(): { readonly lines: Line[]; readonly logger: LoggerLike } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields: LogFields = {}) =>
    void lines.push({ level, message, fields });
  const logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: at("critical"),
  };
  return { lines, logger };
}

/** A service on a free port of the loopback interface, without a grace, and its log. */
export function testService(
  options: Partial<ServiceOptions> = {},
): { readonly service: Service; readonly lines: Line[]; steps(): string[] } {
  const { lines, logger } = captureLogger();
  const service = createService({
    name: "test",
    port: 0,
    hostname: "127.0.0.1",
    graceMs: 0,
    logger,
    ...options,
  });
  return { service, lines, steps: () => lines.map(({ message }) => message) };
}

/** What is left of a promise's outcome: its error, or a failure of the test. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { readonly part?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected a rejection");
}
