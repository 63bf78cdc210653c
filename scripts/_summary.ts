/**
 * The result of a test run, in a file that `deno task stress` reads.
 *
 * @module
 */
import type { FailedTest } from "./_junit.ts";
import { cacheDir } from "./_project.ts";

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

const path = `${cacheDir}/reports/summary.json`;

/** Writes the result of this run. */
export async function writeSummary(summary: Summary): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(summary, null, 2));
}

/** The result of the last run, or `undefined` when it did not finish. */
export async function takeSummary(): Promise<Summary | undefined> {
  const text = await Deno.readTextFile(path).catch(() => undefined);
  await Deno.remove(path).catch(() => {});
  return text === undefined ? undefined : JSON.parse(text);
}
