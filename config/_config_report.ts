import { ConfigError, type ConfigProblem } from "../errors/config_error.ts";
import { limitList } from "../errors/validation_errors.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { ConfigReading } from "./read_config.ts";

/** One error with all problems, one line for each. */
export function toConfigError(service: string, { problems, files }: ConfigReading<unknown>): ConfigError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const read = files.map(({ path, found }) => found ? path : `${path} (not there)`);
  const listed = limitList(problems);
  const omitted = problems.length - listed.length;
  const lines = [
    `Cannot load the configuration of "${service}": ${count}`,
    ...listed.map((problem) => `- ${oneLine(problem)}`),
    ...omitted > 0 ? [`- and ${omitted} more`] : [],
    ...read.length === 0 ? [] : [`Looked at: ${read.join(", ")}`],
  ];
  return new ConfigError(lines.join("\n"), { problems: listed });
}

function oneLine({ path, source, message }: ConfigProblem): string {
  const where = path === "" ? source : source === undefined ? path : `${path} (${source})`;
  return where === undefined ? message : `${where}: ${message}`;
}

/** Passes the warnings to `onWarning`, or logs them. */
export async function reportWarnings(
  warnings: readonly ConfigProblem[],
  { service, onWarning }: { service: string; onWarning?: ((warning: ConfigProblem) => void) | undefined },
): Promise<void> {
  if (onWarning !== undefined) return warnings.forEach((warning) => onWarning(warning));
  await using log = createLogger(service, { file: false });
  for (const warning of warnings) log.warn(`Configuration: ${oneLine(warning)}`);
}
