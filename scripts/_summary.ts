/**
 * The result of a test run, in a file that `deno task stress` reads.
 *
 * @module
 */
import type { FailedTest } from "./_junit.ts";
import { cacheDir } from "./_project.ts";
import { runFolder } from "./_run_folder.ts";

/** A test that failed, and where. */
export interface Failure extends FailedTest {
  /** Such as `bun`. */
  readonly suite: string;
}

/** The result of a run. */
export interface Summary {
  readonly passed: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

/** The reports of the last run that has ended. */
const reports = `${cacheDir}/reports`;
const path = `${reports}/summary.json`;

/** The reports of this run, while it goes on. */
export function reportsFolder(): string {
  return `${runFolder()}/reports`;
}

/** Writes the result of this run, and puts its reports in the place of those of the run before. */
export async function publishReports(summary: Summary): Promise<void> {
  await Deno.writeTextFile(`${reportsFolder()}/summary.json`, JSON.stringify(summary, null, 2));
  await Deno.remove(reports, { recursive: true }).catch(() => {});
  await Deno.rename(reportsFolder(), reports);
}

/** The result of the last run, or `undefined` when it did not finish. */
export async function takeSummary(): Promise<Summary | undefined> {
  const text = await Deno.readTextFile(path).catch(() => undefined);
  await Deno.remove(path).catch(() => {});
  return text === undefined ? undefined : JSON.parse(text);
}
