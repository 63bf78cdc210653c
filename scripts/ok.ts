/**
 * Checks everything but the tests: format, lint, types, docs with their examples and links, the JSR package, the layers.
 *
 *     deno task ok
 *     deno task ok fmt check "doc lint"
 *
 * The second runs those steps alone. Every step runs, also after a failure; a step prints one line, and its output only when it fails.
 *
 * @module
 */
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { ownDocDiagnostics } from "./_doc_lint.ts";
import { writeJsrPackage } from "./_jsr.ts";
import { deadLinks } from "./_links.ts";
import { runExamples } from "./_page_examples.ts";
import { isProgram, runPage } from "./_page_program.ts";
import { cacheDir, devConfig, development, entryPoints, project, root } from "./_project.ts";
import { run } from "./_run.ts";
import { jsrFolder, pack } from "./pack.ts";

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

interface Step {
  readonly name: string;
  check(): Promise<Outcome>;
}

const steps: readonly Step[] = [
  { name: "fmt", check: () => deno("fmt", "--check") },
  { name: "lint", check: () => deno("lint") },
  { name: "check", check: () => deno("check", "--quiet", "--config", devConfig) },
  { name: "doc lint", check: lintDocs },
  { name: "doc examples", check: runDocExamples },
  { name: "pages", check: runPages },
  { name: "links", check: checkLinks },
  { name: "publish", check: publish },
  {
    name: "layers",
    check: () => deno("test", "--quiet", "--allow-all", "--config", devConfig, "tests/architecture"),
  },
];

async function deno(...args: string[]): Promise<Outcome> {
  const { code, output } = await run([Deno.execPath(), ...args], { cwd: root });
  return { ok: code === 0, output };
}

async function lintDocs(): Promise<Outcome> {
  const entries = entryPoints().map((entry) => entry.path);
  const { ok, output } = await deno("doc", "--lint", ...entries);
  const files = await findFiles(sourcePaths(), ".ts");
  const sources = await Promise.all(files.map((path) => Deno.readTextFile(`${root}/${path}`)));
  const diagnostics = ownDocDiagnostics(output, sources);
  if (diagnostics.length > 0) return { ok: false, output: diagnostics.join("\n\n") };
  // Without a diagnostic the tool itself failed, for example because it cannot read a module.
  return { ok: ok || output.includes("error[private-type-ref]"), output };
}

async function runDocExamples(): Promise<Outcome> {
  const documents = await pages((page) => !isProgram(page));
  const sources = await withExamples(await findFiles(sourcePaths(), ".ts"));
  const config = await writeExampleConfig();
  const args = ["--quiet", "--allow-all", "--parallel", "--config", config];
  return await deno("test", "--doc", ...args, ...sources, ...documents);
}

/** The files with examples: each file that Deno is given starts a worker, which imports it. */
async function withExamples(paths: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(`${root}/${path}`)));
  return paths.filter((_, index) => texts[index]!.includes("```"));
}

async function runPages(): Promise<Outcome> {
  await using server = await startPostgres();
  const config = await writeExampleConfig();
  const problems: string[] = [];
  for (const path of await pages(isProgram)) {
    const problem = await runPage(path, config, { DATABASE_URL: server.url });
    if (problem !== undefined) problems.push(problem);
  }
  const others = await pages((page) => !isProgram(page));
  const worker = async () => {
    for (let path = others.pop(); path !== undefined; path = others.pop()) {
      problems.push(...await runExamples(path, config));
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, worker));
  return { ok: problems.length === 0, output: problems.join("\n\n") };
}

async function checkLinks(): Promise<Outcome> {
  const paths = await findFiles(
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs"],
    ".md",
  );
  const dead = await deadLinks(paths, {
    read: (path) => Deno.readTextFile(`${root}/${path}`).catch(() => undefined),
    exists: (path) => Deno.stat(`${root}/${path}`).then(() => true, () => false),
  });
  return { ok: dead.length === 0, output: dead.map((link) => `Dead link in ${link}`).join("\n") };
}

/** Dry runs of publishing the sources, and the joined modules that are published. */
async function publish(): Promise<Outcome> {
  await writeJsrPackage((await pack()).path, jsrFolder);
  const outcomes: Outcome[] = [];
  for (const cwd of [root, jsrFolder]) {
    const command = [Deno.execPath(), "publish", "--quiet", "--dry-run", "--allow-dirty"];
    const { code, output } = await run(command, { cwd });
    outcomes.push({ ok: code === 0, output });
  }
  return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join("\n") };
}

async function pages(wanted: (text: string) => boolean): Promise<string[]> {
  const paths = await findFiles(["README.md", "docs"], ".md");
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(`${root}/${path}`)));
  return paths.filter((_, index) => wanted(texts[index]!));
}

/**
 * The deno.json for examples. `deno test --doc` adds an import of everything that the documented module exports, which
 * `noUnusedLocals` reports; and modules in other folders resolve this package by its import map only.
 */
async function writeExampleConfig(): Promise<string> {
  const { compilerOptions, imports } = development;
  const own = entryPoints().map(({ specifier, path }) => [specifier, `../${path}`]);
  const config = {
    compilerOptions: { ...compilerOptions, noUnusedLocals: false },
    imports: { ...imports, ...Object.fromEntries(own) },
    lock: false,
  };
  await Deno.mkdir(cacheDir, { recursive: true });
  await Deno.writeTextFile(`${cacheDir}/examples.json`, JSON.stringify(config, null, 2));
  return `${cacheDir}/examples.json`;
}

/** The published sources. */
function sourcePaths(): string[] {
  return project.publish.include.filter((path) => path.endsWith(".ts") || !path.includes("."));
}

/** The files with this ending at and below the given paths; paths that do not exist have none. */
async function findFiles(paths: readonly string[], ending: string): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const info = await Deno.stat(`${root}/${path}`).catch(() => undefined);
    if (info?.isFile && path.endsWith(ending)) files.push(path);
    if (!info?.isDirectory) continue;
    const names = (await Array.fromAsync(Deno.readDir(`${root}/${path}`))).map((entry) =>
      `${path}/${entry.name}`
    );
    files.push(...await findFiles(names, ending));
  }
  return files.sort();
}

const unknown = Deno.args.find((arg) => !steps.some(({ name }) => name === arg));
if (unknown !== undefined) {
  const names = steps.map(({ name }) => JSON.stringify(name)).join(", ");
  console.error(`There is no step ${JSON.stringify(unknown)}: expected some of ${names}`);
  Deno.exit(2);
}
const chosen = steps.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const failed: string[] = [];
for (const { name, check } of chosen) {
  const started = performance.now();
  const { ok, output } = await check();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(14)}${seconds.padStart(6)} s`);
  if (ok) continue;
  failed.push(name);
  console.log(`\n${output.trimEnd()}\n`);
}
console.log(failed.length === 0 ? `\nAll ${chosen.length} checks passed` : `\nFailed: ${failed.join(", ")}`);
Deno.exit(failed.length === 0 ? 0 : 1);
