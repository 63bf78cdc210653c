/**
 * Runs the suite repeatedly on a machine that is kept busy by loops, and counts failures by test.
 *
 *     deno task stress                              # ten runs beside two busy loops
 *     deno task stress --runs=3 --loops=0 -- tests/messaging --runtime=bun
 *
 * Arguments behind `--` are passed to `deno task test`. The failures of each run are in `.cache/stress/` when it ends, so
 * that Ctrl-C loses only the current run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { cacheDir, root } from "./_project.ts";
import { run, spawn } from "./_run.ts";
import { type Summary, takeSummary } from "./_summary.ts";

const { values, positionals } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    loops: { type: "string", default: "2" },
  },
  allowPositionals: true,
});
const runs = wholeNumber("runs", values.runs, 1);
const loops = wholeNumber("loops", values.loops, 0);

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  console.error(`Expected --${name} to be a whole number from ${least}, got "${text}"`);
  Deno.exit(2);
}

/** Keeps a core busy until it is killed. */
function startLoop(): Deno.ChildProcess {
  return spawn([Deno.execPath(), "eval", "for (;;);"], { stdin: "null", stdout: "null", stderr: "null" });
}

/** The number of failures of each test, the most frequent first. */
function countByTest(summaries: readonly Summary[]): [test: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { suite, file, name } of summaries.flatMap(({ failures }) => failures)) {
    const test = `${suite}  ${file}  ${name}`;
    counts.set(test, (counts.get(test) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

const folder = `${cacheDir}/stress`;
await Deno.mkdir(folder, { recursive: true });
const busy = Array.from({ length: loops }, startLoop);
const summaries: Summary[] = [];
console.log(`${runs} runs beside ${loops} busy loops on ${navigator.hardwareConcurrency} cores`);
for (let number = 1; number <= runs; number++) {
  await takeSummary();
  const { output, seconds } = await run([Deno.execPath(), "task", "--quiet", "test", ...positionals], {
    cwd: root,
  });
  const summary = await takeSummary() ?? {
    passed: 0,
    seconds,
    failures: [{ suite: "run", file: "", name: "did not come to its end", message: output.slice(-5000) }],
  };
  summaries.push(summary);
  await Deno.writeTextFile(`${folder}/run_${number}.json`, JSON.stringify(summary, null, 2));
  await Deno.writeTextFile(`${folder}/run_${number}.log`, output);
  const { passed, failures } = summary;
  const time = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  console.log(`run ${number} of ${runs}: ${passed} passed, ${failures.length} failed in ${time}`);
  for (const { suite, file, name } of failures) console.log(`  ${suite}  ${file}  ${name}`);
}
for (const loop of busy) loop.kill("SIGKILL");

const failing = countByTest(summaries);
if (failing.length > 0) console.log("\nFailures by test:");
for (const [test, count] of failing) console.log(`${String(count).padStart(4)} of ${runs}  ${test}`);
const failed = failing.reduce((sum, [, count]) => sum + count, 0);
const slowest = Math.max(...summaries.map(({ seconds }) => seconds)) / 60;
console.log(`\n${runs} runs, the slowest of ${slowest.toFixed(1)} min: ${failed} failures`);
Deno.exit(failed === 0 ? 0 : 1);
