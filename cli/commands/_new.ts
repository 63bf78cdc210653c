import { lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConflictError } from "../../errors/mod.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import { type Session, UsageError } from "../_session.ts";
import { composeFiles } from "../templates/compose.ts";
import { containerFiles } from "../templates/container.ts";
import { editorFiles } from "../templates/editor.ts";
import { migrationFiles } from "../templates/migrations.ts";
import { monitoringFiles } from "../templates/monitoring.ts";
import { projectFiles } from "../templates/project.ts";
import { readmeFiles } from "../templates/readme.ts";
import type { Scaffold, ScaffoldFiles } from "../templates/scaffold.ts";
import { sourceFiles } from "../templates/source.ts";
import { TASKS } from "../templates/tasks.ts";
import { testFiles } from "../templates/tests.ts";
import { workflowFiles } from "../templates/workflow.ts";

interface NewFlags {
  readonly runtime?: Scaffold["runtime"];
  readonly into?: string;
  readonly dir?: string;
}

const NAME_RULES: readonly (readonly [rule: string, holds: RegExp])[] = [
  ["have lower-case letters, digits and dashes only", /^[a-z0-9-]*$/],
  ["begin with a letter", /^[a-z]/],
  ["end with a letter or digit", /[a-z0-9]$/],
  ["have no two dashes in a row", /^(?!.*--)/],
  ["have at most 40 characters", /^.{0,40}$/],
];

/** Writes a new service: into a folder of its own, or beside the files of another one, and never over any. */
export async function run(
  { terminal }: Session,
  { runtime = ownRuntime(), dir, into = dir }: NewFlags,
  name: string,
): Promise<void> {
  const broken = NAME_RULES.find(([, holds]) => !holds.test(name));
  if (broken !== undefined) {
    throw new UsageError(`Expected the name to ${broken[0]}, got ${JSON.stringify(name)}`);
  }
  const folder = into ?? name;
  const files = filesOf({ name, runtime });
  if (into === undefined && (await contentOf(folder)).length > 0) {
    throw new ConflictError(
      `Cannot write to ${folder}: it is not empty; to write beside what is there: --into ${folder}`,
    );
  }
  const taken = await existing(folder, Object.keys(files));
  if (taken.length > 0) {
    throw new ConflictError(
      `Cannot write to ${folder}: it has ${taken.join(", ")}, which nothing overwrites`,
    );
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  const { install, run } = TASKS[runtime];
  const steps = [
    ...folder === "." ? [] : [`cd ${folder}`],
    install,
    `${run} test`,
    `${run} dev`,
  ];
  await terminal.print(
    `Wrote ${Object.keys(files).length} files to ${folder}. Next:\n\n${
      steps.map((step) => `  ${terminal.paint("bold", step)}`).join("\n")
    }\n`,
  );
}

function filesOf(scaffold: Scaffold): ScaffoldFiles {
  return {
    ...sourceFiles(scaffold),
    ...migrationFiles(),
    ...testFiles(scaffold),
    ...projectFiles(scaffold),
    ...readmeFiles(scaffold),
    ...editorFiles(scaffold),
    ...containerFiles(scaffold),
    ...composeFiles(scaffold),
    ...monitoringFiles(scaffold),
    ...workflowFiles(scaffold),
  };
}

async function contentOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
}

/** Those of the paths that are there. */
async function existing(folder: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) => lstat(join(folder, path)).then(() => [path], () => [])),
  );
  return found.flat();
}

function ownRuntime(): Scaffold["runtime"] {
  const runtime = detectRuntime();
  return runtime === "bun" || runtime === "node" ? runtime : "deno";
}
