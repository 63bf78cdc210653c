import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConflictError } from "../../errors/mod.ts";
import { detectRuntime } from "../../internal/runtime.ts";
import { type Session, UsageError } from "../_session.ts";
import { migrationFiles } from "../templates/migrations.ts";
import { projectFiles, TASKS } from "../templates/project.ts";
import type { Scaffold, ScaffoldFiles } from "../templates/scaffold.ts";
import { sourceFiles } from "../templates/source.ts";
import { testFiles } from "../templates/tests.ts";

interface NewFlags {
  readonly runtime?: Scaffold["runtime"];
  readonly dir?: string;
}

const NAME_RULES: readonly (readonly [rule: string, holds: RegExp])[] = [
  ["have lower-case letters, digits and dashes only", /^[a-z0-9-]*$/],
  ["begin with a letter", /^[a-z]/],
  ["end with a letter or digit", /[a-z0-9]$/],
  ["have no two dashes in a row", /^(?!.*--)/],
  ["have at most 40 characters", /^.{0,40}$/],
];

/** Writes a new service into an empty or missing folder. */
export async function run(
  { terminal }: Session,
  { runtime = ownRuntime(), dir }: NewFlags,
  name: string,
): Promise<void> {
  const broken = NAME_RULES.find(([, holds]) => !holds.test(name));
  if (broken !== undefined) {
    throw new UsageError(`Expected the name to ${broken[0]}, got ${JSON.stringify(name)}`);
  }
  const folder = dir ?? name;
  const scaffold = { name, runtime };
  const files: ScaffoldFiles = {
    ...sourceFiles(scaffold),
    ...migrationFiles(),
    ...testFiles(scaffold),
    ...projectFiles(scaffold),
  };
  if ((await contentOf(folder)).length > 0) {
    throw new ConflictError(`Cannot write to ${folder}: it is not empty; name another folder with --dir`);
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  const { install, run } = TASKS[runtime];
  const steps = [`cd ${folder}`, ...install === undefined ? [] : [install], `${run} test`, `${run} start`];
  await terminal.print(
    `Wrote ${Object.keys(files).length} files to ${folder}. Next:\n\n${
      steps.map((step) => `  ${terminal.paint("bold", step)}`).join("\n")
    }\n`,
  );
}

async function contentOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
}

function ownRuntime(): Scaffold["runtime"] {
  const runtime = detectRuntime();
  return runtime === "bun" || runtime === "node" ? runtime : "deno";
}
