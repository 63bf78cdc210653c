/**
 * Which test files run on which runtime, and with which command.
 *
 * @module
 */
import { devConfig, root } from "./_project.ts";
import { copyFolder, createConsumer } from "./_consumer.ts";
import { bun, node, tools, workerd } from "./tools.ts";

/** The folders in `tests/` that only Deno runs: they start tools, or import files that the package keeps private. */
const denoOnlyFolders = ["architecture", "internal", "tooling"];

/** The suffix of single files that only Deno runs. */
const denoOnlySuffix = "_deno_test.ts";

/** Files that start an embedded Postgres, a generated service, or a type check, each of which takes seconds of CPU time. */
const heavyFiles =
  /^tests\/(cli\/new_|db\/.*(pglite|docs)_|examples\/|messaging\/.*pglite_|service\/embedded_|testing\/|tooling\/(fetched|page|project|reference)_)/;

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

/** One section of the test run. */
export interface Suite {
  readonly name: string;
  /** Whether its files may run in several processes at once. */
  readonly isDivisible: boolean;
  accepts(file: string): boolean;
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
  // Bun, from the packed tarball
  {
    name: "bun",
    isDivisible: true,
    accepts: isPortable,
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
    async prepare({ files, report, filter }) {
      // One file at a time, because they share a Postgres. The runner runs several parts in parallel.
      const command = [await node(), "--test", "--test-concurrency=1", `--test-timeout=${TEST_LIMIT_MS}`];
      command.push("--test-reporter=spec", "--test-reporter-destination=stdout");
      command.push("--test-reporter=junit", `--test-reporter-destination=${report}`);
      if (filter !== undefined) command.push(`--test-name-pattern=${escapePattern(filter)}`);
      return { command: [...command, ...files], cwd: await testProject() };
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
  // The tarball: attw, publint, tsc, copies of Hono
  {
    name: "package",
    isDivisible: false,
    accepts: (file) => isIn(file, ["package"]),
    async prepare(run) {
      await Promise.all([node(), tools("package")]);
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

let project: Promise<string> | undefined;

/** The folder of the tests on Bun and Node, with the tarball installed. */
function testProject(): Promise<string> {
  return project ??= createTestProject();
}

async function createTestProject(): Promise<string> {
  const folder = await createConsumer("tests");
  await copyFolder(`${root}/tests`, `${folder}/tests`);
  await copyFolder(`${root}/examples`, `${folder}/examples`);
  return folder;
}

function isPortable(file: string): boolean {
  return !isIn(file, [...denoOnlyFolders, "package", "workerd"]) && !file.endsWith(denoOnlySuffix);
}

function isIn(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(`tests/${folder}/`));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
