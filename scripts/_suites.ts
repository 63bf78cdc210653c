/**
 * Which test files run on which runtime, and with which command.
 *
 * @module
 */
import { devConfig, root } from "./_project.ts";
import { copyFolder, createConsumer } from "./_consumer.ts";
import { lower } from "./_lower.ts";
import { newestNats } from "./_newest_servers.ts";
import { bun, node, npmPostgres, oldestNode, outdatedNode, tools, workerd } from "./tools.ts";

/** The folders in `tests/` that only Deno runs: they start tools, or import files that the package keeps private. */
const denoOnlyFolders = ["architecture", "internal", "tooling"];

/** The suffix of single files that only Deno runs. */
const denoOnlySuffix = "_deno_test.ts";

/** Files that start an embedded Postgres, a generated service, or a type check, each of which takes seconds of CPU time. */
const heavyFiles =
  /^tests\/(cli\/(dev|new)_|contract\/type_cost_|db\/.*(pglite|docs)_|examples\/|messaging\/.*pglite_|service\/embedded_|testing\/|tooling\/(fetched|page|project|reference)_)/;

/** What the oldest Node runs: for each area, what touches most of it. Its syntax is checked by `tests/package`. */
const filesOfOldestNode: readonly string[] = [
  "tests/api/served_test.ts",
  "tests/cli/outbox_test.ts",
  "tests/config/sources_test.ts",
  "tests/context/storage_test.ts",
  "tests/db/transaction/transaction_test.ts",
  "tests/errors/retry_test.ts",
  "tests/examples/credits_test.ts",
  "tests/logging/rotating_file_test.ts",
  "tests/messaging/inbox/inbox_test.ts",
  "tests/messaging/memory/conformance_test.ts",
  "tests/metrics/create_metrics_test.ts",
  "tests/service/process_test.ts",
];

/**
 * What Deno proves for Bun and Node too, unless `--everywhere` is given. These files take long, and what they touch of the
 * runtime, other files of the same area touch on each: how commands parse, print and exit; how SQL is generated; the bus
 * without a network; what happens on servers when a process is killed.
 */
const filesOfOneRuntime = new RegExp(`^tests/(${
  [
    "api/idempotency/processes",
    "cli/(config|dlq|docs|domain_streams|events|hostile_text|new|ops|ops_serve|program|schedules|streams)",
    "db/migrate/(autogenerate|autogenerate_drift|autogenerate_types|baseline|history|lock|pglite|plain)",
    "db/repository/(bulk|keyset|long_cursors|pglite|statements)",
    "examples/(credits_crash|credits_process|fleet_drill)",
    "messaging/inbox/(pglite|processes)",
    "messaging/listener/processes",
    "messaging/memory/(domain_streams_)?conformance",
    "messaging/outbox/(faults|order|processes)",
    "ops/(broken_fleet|fleet|metric_names|servers|trail)",
    "schedule/(processes|scheduler)",
    "testing/embedded_postgres",
  ].join("|")
})_test\\.ts$`);

/** What the newest servers run: the broker and the database, by all that talks to them. */
const filesOfNewestServers =
  /^tests\/(messaging\/(bus|dead_letters|nats)\/|messaging\/(inbox|listener|outbox|publisher)\/(add|connection|faults|hold_up|order|partitions_drill)_|db\/(?!table\/))/;

/** Whether a quick run skips a file although it is not long. */
export function isHeavy(file: string): boolean {
  return heavyFiles.test(file);
}

/** What is to be run. */
export interface SuiteRun {
  /** The test files, relative to the root, such as `tests/api/success_test.ts`. */
  readonly files: readonly string[];
  /** Where to write the JUnit report. */
  readonly report: string;
  /** Runs only tests whose name contains this. */
  readonly filter: string | undefined;
}

/** The timeout of a test, on runtimes that have one: longer than any wait in a test. */
const TEST_LIMIT_MS = 600_000;

/** The servers that the tests of a suite start. */
export interface Servers {
  /** The path of nats-server. */
  readonly nats: string;
  /** The folder with `postgres` and `initdb`. */
  readonly postgres: string;
}

/** One section of the test run. */
export interface Suite {
  readonly name: string;
  /** Whether its files may run in several processes at once. */
  readonly isDivisible: boolean;
  accepts(file: string): boolean;
  /** Whether it leaves a file to the first suite of the run, unless everything is to run everywhere. */
  leaves?(file: string): boolean;
  /** Servers of its own, in place of those that the other suites share. Rejects where they cannot be had. */
  servers?(): Promise<Servers>;
  /** Prepares what the tests need, and gives the command and its folder. */
  prepare(run: SuiteRun): Promise<{ readonly command: readonly string[]; readonly cwd: string }>;
}

/** The suites, in the order in which they run. */
export const suites: readonly Suite[] = [
  // Deno, from the source
  {
    name: "deno",
    isDivisible: true,
    accepts: (file) => !isIn(file, ["package", "workerd"]),
    prepare: (run) => Promise.resolve({ command: denoTest(run), cwd: root }),
  },
  // Deno, from the source, with the newest servers
  {
    name: "newest",
    isDivisible: true,
    accepts: (file) => filesOfNewestServers.test(file) && !isHeavy(file),
    async servers() {
      const [nats, postgres] = await Promise.all([newestNats(), npmPostgres()]);
      return { nats, postgres };
    },
    prepare: (run) => Promise.resolve({ command: denoTest(run), cwd: root }),
  },
  // Bun, from the packed tarball
  {
    name: "bun",
    isDivisible: true,
    accepts: isPortable,
    leaves: isOfOneRuntime,
    async prepare({ files, report, filter }) {
      const command = [await bun(), "test", "--isolate", `--timeout=${TEST_LIMIT_MS}`, "--reporter=junit"];
      command.push(`--reporter-outfile=${report}`);
      if (filter !== undefined) command.push(`--test-name-pattern=${escapePattern(filter)}`);
      // With `./`, Bun takes them as files and not as patterns.
      return {
        command: [...command, ...files.map((file) => `./${file}`)],
        cwd: await testProject(),
      };
    },
  },
  // Node, from the packed tarball
  {
    name: "node",
    isDivisible: true,
    accepts: isPortable,
    leaves: isOfOneRuntime,
    async prepare(run) {
      return { command: nodeTest(await node(), run), cwd: await testProject() };
    },
  },
  // The oldest Node, from the packed tarball
  {
    name: "node22",
    isDivisible: true,
    accepts: (file) => filesOfOldestNode.includes(file),
    async prepare(run) {
      // It strips types only where it is told to; so do the programs that the tests start.
      const options = "NODE_OPTIONS=--experimental-strip-types --disable-warning=ExperimentalWarning";
      return { command: ["env", options, ...nodeTest(await oldestNode(), run)], cwd: await loweredProject() };
    },
  },
  // workerd, from the packed tarball, by requests
  {
    name: "workerd",
    isDivisible: false,
    accepts: (file) => isIn(file, ["workerd"]),
    async prepare(run) {
      await Promise.all([node(), workerd(), tools("wrangler")]);
      return { command: denoTest(run), cwd: root };
    },
  },
  // The tarball: attw, publint, tsc, copies of Hono, installers, Nodes
  {
    name: "package",
    isDivisible: false,
    accepts: (file) => isIn(file, ["package"]),
    async prepare(run) {
      await Promise.all([node(), oldestNode(), outdatedNode(), bun(), tools("package"), tools("installers")]);
      return { command: denoTest(run), cwd: root };
    },
  },
];

/** All test files, relative to the root, in order. */
export async function findTestFiles(folder = "tests"): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await findTestFiles(path));
    else if (path.endsWith("_test.ts")) files.push(path);
  }
  return files.sort();
}

/**
 * Files run one after another, because they share the environment variables of the process; and unchecked, as on the
 * other runtimes: `deno task ok` checks the types.
 */
function denoTest({ files, report, filter }: SuiteRun): string[] {
  const command = [Deno.execPath(), "test", "--config", devConfig, "--quiet", "--no-check", "--allow-all"];
  command.push(`--junit-path=${report}`);
  if (filter !== undefined) command.push(`--filter=${filter}`);
  return [...command, ...files];
}

/** One file at a time: they share a Postgres, and the runner starts as many parts as the machine bears. */
function nodeTest(node: string, { files, report, filter }: SuiteRun): string[] {
  const command = [node, "--test", "--test-concurrency=1", `--test-timeout=${TEST_LIMIT_MS}`];
  command.push("--test-reporter=spec", "--test-reporter-destination=stdout");
  command.push("--test-reporter=junit", `--test-reporter-destination=${report}`);
  if (filter !== undefined) command.push(`--test-name-pattern=${escapePattern(filter)}`);
  return [...command, ...files];
}

let project: Promise<string> | undefined;

/** The folder of the tests on Bun and Node, with the tarball installed. */
function testProject(): Promise<string> {
  return project ??= createTestProject("tests");
}

let lowered: Promise<string> | undefined;

/** The same, with tests that the oldest Node can parse. */
function loweredProject(): Promise<string> {
  return lowered ??= createLoweredProject();
}

async function createLoweredProject(): Promise<string> {
  const folder = await createTestProject("tests_lowered");
  const sources = new Map<string, string>();
  for (const path of await filesBelow(`${folder}/tests`)) sources.set(path, await Deno.readTextFile(path));
  for (const [path, code] of await lower(sources, "ts")) await Deno.writeTextFile(path, code);
  return folder;
}

async function createTestProject(name: string): Promise<string> {
  const folder = await createConsumer(name);
  await copyFolder(`${root}/tests`, `${folder}/tests`);
  await copyFolder(`${root}/examples`, `${folder}/examples`);
  return folder;
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesBelow(`${folder}/${name}`));
    else if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
  }
  return files;
}

function isPortable(file: string): boolean {
  return !isIn(file, [...denoOnlyFolders, "package", "workerd"]) && !file.endsWith(denoOnlySuffix);
}

function isOfOneRuntime(file: string): boolean {
  return filesOfOneRuntime.test(file);
}

function isIn(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(`tests/${folder}/`));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
