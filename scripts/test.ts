/**
 * Runs the tests on every runtime: on Deno from the source, on Bun, Node, the oldest Node and workerd
 * from the packed tarball; and what talks to servers once more, with the newest nats-server and Postgres.
 *
 *     deno task test                               # everything
 *     deno task test --quick                       # on Deno alone, without long tests: an answer in two minutes
 *     deno task test --everywhere                  # also what takes long and one runtime proves for the others
 *     deno task test tests/api                     # a folder or file
 *     deno task test --runtime=bun,node            # some of: deno newest bun node node22 workerd package
 *     deno task test --parallel=4                  # so many parts at once
 *     deno task test --filter="not found" --verbose
 *
 * Long tests, which repeat kills, load or hostile requests, run in full on the first runtime and in short form on the
 * others. The output of each part is in `.cache/reports/`. The last line is `N passed, N failed`, the sum over the runtimes.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { natsBinary } from "../tests/_support/nats_binary.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { tarball } from "./_consumer.ts";
import { type Counts, readReport } from "./_junit.ts";
import { longFiles, type Part, partsOf } from "./_parts.ts";
import { createProgress, type Progress } from "./_progress.ts";
import { cacheDir, root } from "./_project.ts";
import { run } from "./_run.ts";
import { findTestFiles, isHeavy, type Servers, type Suite, suites } from "./_suites.ts";
import { claimRunFolder, runFolder } from "./_run_folder.ts";
import { type Failure, publishReports, reportsFolder } from "./_summary.ts";
import { postgres } from "./tools.ts";

/** A part that takes longer than this is killed. */
const PART_LIMIT_MS = 1_800_000;

interface Choice {
  readonly suites: readonly Suite[];
  readonly files: readonly string[];
  readonly long: ReadonlySet<string>;
  /** Whether each runtime runs all that it can, and not only what others do not prove for it. */
  readonly everywhere: boolean;
  /** Number of files that a quick run skips. */
  readonly leftOut: number;
  readonly filter: string | undefined;
  readonly parallel: number;
  readonly quick: boolean;
  readonly verbose: boolean;
}

interface Row extends Counts {
  readonly suite: string;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

async function choose(): Promise<Choice> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      runtime: { type: "string" },
      filter: { type: "string" },
      parallel: { type: "string" },
      quick: { type: "boolean", default: false },
      everywhere: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const names = (values.runtime ?? (values.quick ? "deno" : undefined))?.split(",");
  const unknown = names?.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Expected --runtime to be of ${suites.map(({ name }) => name).join(" ")}, got "${unknown}"`,
    );
  }
  const parallel = values.parallel === undefined ? defaultParallel() : Number(values.parallel);
  if (!Number.isInteger(parallel) || parallel < 1) {
    throw new RangeError(`Expected --parallel to be a whole number from 1, got "${values.parallel}"`);
  }
  const paths = positionals.map((path) =>
    path.replace(`${root}/`, "").replace(/^\.\//, "").replace(/\/$/, "")
  );
  const all = await findTestFiles();
  const nowhere = paths.find((path) => !all.some((file) => isAt(file, path)));
  if (nowhere !== undefined) throw new RangeError(`Expected a test file or its folder, got "${nowhere}"`);
  const wanted = paths.length === 0 ? all : all.filter((file) => paths.some((path) => isAt(file, path)));
  const long = await longFiles(wanted);
  // Files that are named are run, even when they take long.
  const isQuick = values.quick && paths.length === 0;
  const files = isQuick ? wanted.filter((file) => !long.has(file) && !isHeavy(file)) : wanted;
  return {
    suites: suites.filter(({ name }) => names?.includes(name) ?? true),
    files,
    long: new Set(files.filter((file) => long.has(file))),
    everywhere: values.everywhere || paths.length > 0,
    leftOut: wanted.length - files.length,
    filter: values.filter,
    parallel,
    quick: values.quick,
    verbose: values.verbose,
  };
}

/** Two parts for each core, because a part waits half of its time; at most 8, because of the memory. */
function defaultParallel(): number {
  return Math.min(2 * navigator.hardwareConcurrency, 8);
}

function isAt(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`);
}

/** The files that a suite runs. */
function filesOf(suite: Suite, { suites, files, everywhere }: Choice): string[] {
  const leavesSome = !everywhere && suite !== suites[0];
  return files.filter((file) => suite.accepts(file) && !(leavesSome && suite.leaves?.(file)));
}

/** Whether a suite runs its long tests in full: the first one does, unless the run is a quick one. */
function extentOf(suite: Suite, choice: Choice): "short" | "whole" {
  return choice.quick || suite !== choice.suites[0] ? "short" : "whole";
}

/** A slot of the parallel run. It has a Postgres of each kind, which its parts use one after another. */
interface Place {
  postgresUrl(servers: Servers | undefined): Promise<string | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

function createPlace(): Place {
  const started = new Map<string, ReturnType<typeof startPostgres>>();
  const isGiven = Deno.env.has("GLAM_POSTGRES_URL");
  return {
    async postgresUrl(servers) {
      const binaries = servers?.postgres ??
        (hasPostgres && !isGiven ? Deno.env.get("GLAM_POSTGRES_BIN") : undefined);
      if (binaries === undefined) return undefined;
      const server = started.get(binaries) ?? startPostgres({ binaries });
      started.set(binaries, server);
      return (await server).url;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...started.values()].map(async (server) => await (await server).stop()));
    },
  };
}

/** Runs a part. A failing exit code without a failed test, or a part without any test, counts as a failure. */
async function runPart(part: Part, choice: Choice, place: Place, progress: Progress): Promise<Row> {
  const { suite, files, report, log } = part;
  const { filter, verbose } = choice;
  progress.begin(part);
  const started = performance.now();
  await Promise.all([report, log].map((path) => Deno.remove(path).catch(() => {})));
  let output = "";
  let problem: string | undefined;
  try {
    if (suite.name !== "deno") Deno.env.set("GLAM_TARBALL", await tarball());
    const { command, cwd } = await suite.prepare({ files, report, filter });
    const servers = ownServers.get(suite);
    const postgresUrl = suite.name === "package" ? undefined : await place.postgresUrl(servers);
    const env: Record<string, string> = {
      GLAM_TEST_EXTENT: extentOf(suite, choice),
      // Node runs each file in a separate process, a third of whose start-up time is compilation.
      NODE_COMPILE_CACHE: `${cacheDir}/node-compile`,
    };
    if (servers !== undefined) {
      Object.assign(env, { GLAM_NATS_SERVER: servers.nats, GLAM_POSTGRES_BIN: servers.postgres });
    }
    if (postgresUrl !== undefined) env["GLAM_POSTGRES_URL"] = postgresUrl;
    const result = await run(command, { cwd, env, limitMs: PART_LIMIT_MS });
    output = result.output;
    await Deno.writeTextFile(log, output);
    if (result.code !== 0) problem = `The runner ended with exit code ${result.code}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const { failures: reported, ...counts } = readReport(await Deno.readTextFile(report).catch(() => ""));
  if (filter === undefined && counts.passed + counts.failed === 0) problem ??= "No test ran";
  const isUnexplained = problem !== undefined && counts.failed === 0;
  const failures = [
    ...reported.map((failure) => ({ suite: suite.name, ...failure })),
    ...isUnexplained ? [{ suite: suite.name, file: "", name: part.label, message: `${problem}` }] : [],
  ];
  const seconds = (performance.now() - started) / 1000;
  if (verbose) progress.print(output);
  for (const failure of failures) progress.print(describe(failure));
  if (isUnexplained && !verbose) progress.print(output.trimEnd().split("\n").slice(-60).join("\n"));
  if (failures.length > 0) {
    progress.print(
      `      all that it printed, at the end: ${log.replace(reportsFolder(), ".cache/reports")}`,
    );
  }
  const failed = failures.length === 0 ? "" : `, ${failures.length} FAILED`;
  progress.end(part, `${counts.passed} passed${failed} in ${Math.round(seconds)} s`);
  return { suite: suite.name, ...counts, failed: failures.length, failures, seconds };
}

function describe({ suite, file, name, message }: Failure): string {
  const indented = message.split("\n").slice(0, 40).map((line) => `      ${line}`).join("\n");
  return `FAIL  ${suite}  ${file === "" ? "" : `${file}: `}${name}\n${indented}`;
}

/** Finds or installs Postgres. Without one, each test that needs it fails with an error that says how to get it. */
async function findPostgres(): Promise<boolean> {
  try {
    Deno.env.set("GLAM_POSTGRES_BIN", await postgres());
    return true;
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return false;
  }
}

/** Finds or installs nats-server, for the checkout and the copy of it that Bun and Node run in. */
async function findNats(): Promise<void> {
  try {
    Deno.env.set("GLAM_NATS_SERVER", await natsBinary());
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
}

/** The servers of suites that have their own, and why those of others cannot be had. */
async function findServers(choice: Choice): Promise<[Map<Suite, Servers>, Map<Suite, string>]> {
  const found = new Map<Suite, Servers>();
  const absent = new Map<Suite, string>();
  for (const suite of choice.suites) {
    if (suite.servers === undefined || filesOf(suite, choice).length === 0) continue;
    try {
      found.set(suite, await suite.servers());
    } catch (error) {
      absent.set(suite, error instanceof Error ? error.message : String(error));
    }
  }
  return [found, absent];
}

/** The results of each suite, summed over its parts. */
function bySuite(rows: readonly Row[]): Row[] {
  return suites.flatMap(({ name }) => {
    const own = rows.filter(({ suite }) => suite === name);
    const sum = (key: "failed" | "passed" | "seconds" | "skipped") =>
      own.reduce((total, row) => total + row[key], 0);
    return own.length === 0 ? [] : {
      suite: name,
      passed: sum("passed"),
      failed: sum("failed"),
      skipped: sum("skipped"),
      seconds: sum("seconds"),
      failures: own.flatMap(({ failures }) => failures),
    };
  });
}

function printSummary(rows: readonly Row[], choice: Choice): void {
  console.log(`\n${"runtime".padEnd(10)}${["passed", "failed", "skipped", "seconds"].map(cell).join("")}`);
  for (const { suite, passed, failed, skipped, seconds } of rows) {
    console.log(`${suite.padEnd(10)}${[passed, failed, skipped, seconds.toFixed(1)].map(cell).join("")}`);
  }
  const divided = choice.suites.filter(({ name, isDivisible }) =>
    isDivisible && rows.some(({ suite }) => suite === name)
  );
  const [whole, short] = (["whole", "short"] as const).map((extent) =>
    divided.filter((suite) => extentOf(suite, choice) === extent).map(({ name }) => name).join(", ")
  );
  if (choice.long.size > 0) {
    const ways = [whole && `whole on ${whole}`, short && `short on ${short}`].filter(Boolean);
    console.log(`\nLong tests (${choice.long.size} files) ran ${ways.join(", and ")}.`);
  }
  const sparing = choice.suites.flatMap((suite) => {
    const count = choice.files.filter((file) => suite.accepts(file)).length - filesOf(suite, choice).length;
    return count === 0 ? [] : `${suite.name} ${count}`;
  });
  if (sparing.length > 0) {
    const first = choice.suites[0]!.name;
    console.log(
      `Files that ${first} ran for others (--everywhere runs them on each): ${sparing.join(", ")}.`,
    );
  }
  if (choice.quick) {
    const left = suites.filter((suite) => !choice.suites.includes(suite)).map(({ name }) => name);
    if (choice.leftOut > 0) left.push(`${choice.leftOut} files that take long`);
    console.log(`\nNot run, for a quick answer: ${left.join(", ")}. Before a change is sent: deno task test`);
  }
  for (const [{ name }, reason] of absent) console.log(`\nNOT RUN: ${name}. ${reason}`);
  const failures = rows.flatMap((row) => row.failures);
  if (failures.length > 0) console.log("\nFailed:");
  for (const { suite, file, name } of failures) console.log(`  ${suite}  ${file}  ${name}`);
}

function cell(value: string | number): string {
  return String(value).padStart(9);
}

const choice = await choose().catch((error: Error) => {
  console.error(error.message);
  Deno.exit(2);
});
const folder = await claimRunFolder();
await Deno.mkdir(reportsFolder(), { recursive: true });
const startedAt = performance.now();
const hasPostgres = await findPostgres();
await findNats();
// Each PGlite of the tests is copied from this folder, which the first test that needs one creates.
Deno.env.set("GLAM_PGLITE_TEMPLATE", `${runFolder()}/pglite`);
const [ownServers, absent] = await findServers(choice);
const parts = choice.suites.filter((suite) => !absent.has(suite)).flatMap((suite) =>
  partsOf(suite, filesOf(suite, choice), (file) => choice.long.has(file))
);
const progress = createProgress({
  pieces: parts,
  write: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
  columns: () => Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined,
});
const atOnce = Math.min(choice.parallel, parts.length);
if (parts.length > 1) {
  progress.print(
    `${parts.length} parts, ${atOnce} at once; what each prints is in .cache/reports at the end`,
  );
}
const ticking = setInterval(() => progress.tick(), 1000);
// The longest first, so that the run does not end with a long part alone.
const waiting = parts.toSorted((one, other) => other.weight - one.weight);
const done: Row[] = [];
await Promise.all(Array.from({ length: atOnce }, async () => {
  await using place = createPlace();
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    done.push(await runPart(part, choice, place, progress));
  }
}));
clearInterval(ticking);
progress.close();
const rows = bySuite(done);
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failures = rows.flatMap((row) => row.failures);
await publishReports({ passed, seconds: (performance.now() - startedAt) / 1000, failures });
await folder[Symbol.asyncDispose]();
printSummary(rows, choice);
if (passed + failures.length === 0) console.log("No test ran: nothing matches");
console.log(`\n${passed} passed, ${failures.length} failed`);
Deno.exit(failures.length > 0 || passed === 0 ? 1 : 0);
