/**
 * Runs `promtool` on files of rules.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { run } from "../../scripts/_run.ts";
import { promtool } from "./promtool.ts";

/** A series of samples, and its notation in unit tests of rules: `0+98x240`. */
export type InputSeries = Readonly<Record<string, string>>;

/** An alert that is expected. */
export interface ExpectedAlert {
  readonly exp_labels: Readonly<Record<string, string>>;
  readonly exp_annotations: Readonly<Record<string, string>>;
}

/** A test of rules, as promtool has it. Rules are evaluated as often as the first one has samples, at most each minute. */
export interface RuleTest {
  readonly series: InputSeries;
  /** How far apart the samples are. */
  readonly interval: string;
  readonly alerts: readonly {
    readonly alertname: string;
    readonly eval_time: string;
    readonly exp_alerts: readonly ExpectedAlert[];
  }[];
}

/** What `promtool check rules` says against a file; empty when it has nothing. */
export async function checkRules(yaml: string): Promise<string> {
  return await withFile("rules.yml", yaml, async (path) => {
    const { code, output } = await run([await promtool(), "check", "rules", path]);
    return code === 0 ? "" : output;
  });
}

/** What `promtool test rules` says against tests of rules; empty when they pass. */
export async function testRules(yaml: string, tests: readonly RuleTest[]): Promise<string> {
  return await withFile("rules.yml", yaml, async (rules) => {
    const test = {
      rule_files: [rules],
      // Promtool takes groups in any order, and what one of them records is another one's input.
      group_eval_order: (parse(yaml) as { groups: readonly { name: string }[] }).groups.map(({ name }) =>
        name
      ),
      evaluation_interval: tests[0]!.interval === "30s" ? "1m" : tests[0]!.interval,
      tests: tests.map(({ series, interval, alerts }) => ({
        interval,
        input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
        alert_rule_test: alerts,
      })),
    };
    const path = join(rules, "..", "test.yml");
    await writeFile(path, JSON.stringify(test));
    const { code, output } = await run([await promtool(), "test", "rules", path]);
    return code === 0 ? "" : output;
  });
}

async function withFile<T>(name: string, text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "glam-rules-"));
  try {
    await writeFile(join(folder, name), text);
    return await use(join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
