/**
 * Runs the tests on every runtime: on Deno from the source, on Bun, Node and workerd from the packed tarball.
 *
 *     deno task test                               # everything
 *     deno task test tests/api                     # a folder or file
 *     deno task test --runtime=bun,node            # some of: deno bun node workerd package
 *     deno task test --filter="not found" --verbose
 *
 * The last line is `N passed, N failed`, the sum over the runtimes.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { tarball } from "./_consumer.ts";
import { type Counts, countTests } from "./_junit.ts";
import { cacheDir, root } from "./_project.ts";
import { run } from "./_run.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { findTestFiles, reportPath, type Suite, suites } from "./_suites.ts";
import { createVoices } from "./_voices.ts";
import { postgres } from "./tools.ts";

/** Parts that run at once, on two cores and up: most tests wait for a server, a process or a clock. */
const AT_ONCE = 4;
/** A suite with more files than this is run in parts. */
const FILES_OF_A_PART = 40;
const PARTS = 3;

interface Row extends Counts {
  readonly name: string;
  readonly seconds: number;
}

interface Choice {
  readonly suites: readonly Suite[];
  readonly files: readonly string[];
  /** Whether paths were given, so that a suite may have no files. */
  readonly partial: boolean;
  readonly filter: string | undefined;
  readonly verbose: boolean;
}

async function choose(): Promise<Choice> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      runtime: { type: "string" },
      filter: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  });
  const names = values.runtime?.split(",");
  const unknown = names?.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Expected --runtime to be of ${suites.map(({ name }) => name).join(" ")}, got "${unknown}"`,
    );
  }
  const paths = positionals.map((path) =>
    path.replace(`${root}/`, "").replace(/^\.\//, "").replace(/\/$/, "")
  );
  const all = await findTestFiles();
  return {
    suites: suites.filter(({ name }) => names?.includes(name) ?? true),
    files: paths.length === 0
      ? all
      : all.filter((file) => paths.some((path) => file === path || file.startsWith(`${path}/`))),
    partial: paths.length > 0,
    filter: values.filter,
    verbose: values.verbose,
  };
}

/** A part of a suite, which has a process of its own. */
interface Part {
  readonly suite: Suite;
  readonly files: readonly string[];
  /** Where the report goes. */
  readonly report: string;
  /** Such as `, part 1 of 2`; empty where there is only one. */
  readonly label: string;
}

/** The parts of the suites, in the order in which to begin them. */
function partsOf({ suites, files, partial }: Choice): Part[] {
  return suites.flatMap((suite) => {
    const own = files.filter((file) => suite.accepts(file));
    if (own.length === 0 && partial) return [];
    const count = own.length > FILES_OF_A_PART ? PARTS : 1;
    // Dealt out, so that each part has its share of an area that takes long.
    return Array.from({ length: count }, (_, part) => ({
      suite,
      files: own.filter((_, index) => index % count === part),
      report: reportPath(suite, part),
      label: count === 1 ? "" : `, part ${part + 1} of ${count}`,
    }));
  });
}

/** Runs a part. An exit code that the report does not explain, and no test at all, count as a failure. */
async function runPart({ suite, files, report, label }: Part, { filter, verbose }: Choice): Promise<Row> {
  const voice = createVoice();
  const print = (text: string): void => voice.say(`${text}\n`);
  print(`\n== ${suite.title}${label} (${files.length} files)`);
  const started = performance.now();
  await Deno.remove(report).catch(() => {});
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    if (files.length === 0) throw new Error("No test file");
    if (suite.name !== "deno") Deno.env.set("GLAM_TARBALL", await tarball());
    const { command, cwd } = await suite.prepare({ files, report, filter, verbose });
    // A server of its own: tests of one runtime end connections by their names, which those of another have as well.
    const needsPostgres = hasPostgres && suite.name !== "package" && !Deno.env.has("GLAM_POSTGRES_URL");
    await using server = needsPostgres ? await startPostgres() : undefined;
    const env: Record<string, string> = server === undefined ? {} : { GLAM_POSTGRES_URL: server.url };
    const { code } = await run(command, { cwd, env, onOutput: (text) => voice.say(onOneLine(text)) });
    counts = countTests(await Deno.readTextFile(report).catch(() => ""));
    if (code !== 0 && counts.failed === 0) {
      print(`The runner ended with exit code ${code} and no report of a failed test`);
      counts = { ...counts, failed: 1 };
    }
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    counts = { ...counts, failed: counts.failed + 1 };
  }
  if (filter === undefined && counts.passed + counts.failed === 0) {
    print("No test ran");
    counts = { ...counts, failed: 1 };
  }
  voice.end();
  return { name: suite.name, ...counts, seconds: (performance.now() - started) / 1000 };
}

/** The dots of Deno's reporter on one line instead of a line each. */
function onOneLine(text: string): string {
  return text.replace(/^([.,!])\n/gm, "$1");
}

/** Finds Postgres, or brings it. Where there is none, each test that needs it says what brings it. */
async function findPostgres(): Promise<boolean> {
  try {
    Deno.env.set("GLAM_POSTGRES_BIN", await postgres());
    return true;
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return false;
  }
}

/** Names the folder that a PGlite of the tests is copied from, which the first one of this run makes. */
async function makeRoomForTemplate(): Promise<void> {
  const template = `${cacheDir}/pglite`;
  await Deno.remove(template, { recursive: true }).catch(() => {});
  Deno.env.set("GLAM_PGLITE_TEMPLATE", template);
}

/** What came of each suite, all its parts together. */
function bySuite(choice: Choice, rows: readonly Row[]): Row[] {
  return choice.suites.flatMap(({ name }) => {
    const own = rows.filter((row) => row.name === name);
    const sum = (key: "failed" | "passed" | "seconds" | "skipped") =>
      own.reduce((total, row) => total + row[key], 0);
    return own.length === 0 ? [] : {
      name,
      passed: sum("passed"),
      failed: sum("failed"),
      skipped: sum("skipped"),
      seconds: sum("seconds"),
    };
  });
}

function printSummary(rows: readonly Row[]): void {
  console.log(`\n${"runtime".padEnd(10)}${["passed", "failed", "skipped", "seconds"].map(cell).join("")}`);
  for (const { name, passed, failed, skipped, seconds } of rows) {
    console.log(`${name.padEnd(10)}${[passed, failed, skipped, seconds.toFixed(1)].map(cell).join("")}`);
  }
}

function cell(value: string | number): string {
  return String(value).padStart(9);
}

const choice = await choose().catch((error: Error) => {
  console.error(error.message);
  Deno.exit(2);
});
await Deno.mkdir(`${cacheDir}/reports`, { recursive: true });
const hasPostgres = await findPostgres();
await makeRoomForTemplate();
const createVoice = createVoices((text) => Deno.stdout.writeSync(new TextEncoder().encode(text)));
const waiting = partsOf(choice);
const done: Row[] = [];
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    done.push(await runPart(part, choice));
  }
}));
const rows = bySuite(choice, done);
printSummary(rows);
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
if (passed + failed === 0) console.log("No test ran: nothing matches");
console.log(`\n${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
