import { writeFile } from "node:fs/promises";
import { prometheusRules, type PrometheusRulesOptions } from "../../ops/prometheus_rules.ts";
import { type Session, UsageError } from "../_session.ts";

interface RulesFlags {
  readonly service?: string;
  readonly availability?: number;
  readonly latency?: number;
  readonly latencyRatio?: number;
  readonly latencyAlerts: boolean;
  readonly minFailures?: number;
  readonly memoryLimit?: number;
  readonly runbook?: string;
  readonly output?: string;
}

/** Writes a file of rules for Prometheus. */
export async function run({ terminal }: Session, flags: RulesFlags): Promise<void> {
  const { output } = flags;
  const text = write(flags);
  if (output === undefined) return await terminal.write(text);
  await writeFile(output, text);
  terminal.printError(`Wrote ${output}`);
}

function write(flags: RulesFlags): string {
  const { latency: seconds = 0.25, latencyRatio: ratio = 0.99 } = flags;
  const options: PrometheusRulesOptions = {
    service: flags.service,
    objectives: {
      availability: flags.availability,
      latency: flags.latencyAlerts && { seconds, ratio },
    },
    minFailures: flags.minFailures,
    memoryLimitBytes: flags.memoryLimit,
    runbookUrl: flags.runbook,
  };
  try {
    return prometheusRules(options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
