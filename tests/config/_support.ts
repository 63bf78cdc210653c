import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig, type LoadConfigOptions } from "@glam/shared/config";
import { ConfigError, type ConfigProblem } from "@glam/shared/errors";
import type * as z from "zod";

/** A folder with the files of a project, until it is disposed of. */
export interface Project extends AsyncDisposable {
  readonly root: string;
  write(path: string, text: string | Uint8Array): Promise<void>;
}

/** Makes a project of these files; `catalog.yml` is short for `config/services/catalog.yml`. */
export async function createProject(files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), "glam-config-"));
  const write = async (path: string, text: string | Uint8Array) => {
    const target = join(root, /^[\w.]+\.ya?ml$/.test(path) ? `config/services/${path}` : path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return { root, write, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

type Options<Schema extends z.core.$ZodType> = Partial<LoadConfigOptions<Schema>> & {
  readonly schema: Schema;
};

/** Loads the configuration of "catalog" from files and an environment, and refuses warnings. */
export async function load<Schema extends z.core.$ZodType>(
  files: Readonly<Record<string, string>>,
  options: Options<Schema>,
): Promise<z.output<Schema>> {
  const { config, warnings } = await loadWithWarnings(files, options);
  assert.deepEqual(warnings, []);
  return config;
}

/** Loads the configuration of "catalog", and what is odd about it. */
export async function loadWithWarnings<Schema extends z.core.$ZodType>(
  files: Readonly<Record<string, string>>,
  options: Options<Schema>,
): Promise<{ config: z.output<Schema>; warnings: ConfigProblem[] }> {
  await using project = await createProject(files);
  const warnings: ConfigProblem[] = [];
  const config = await loadConfig({
    service: "catalog",
    root: project.root,
    env: {},
    onWarning: (warning) => void warnings.push(warning),
    ...options,
  });
  return { config, warnings };
}

/** The error of a configuration that cannot be loaded. */
export async function failure<Schema extends z.core.$ZodType>(
  files: Readonly<Record<string, string>>,
  options: Options<Schema>,
): Promise<ConfigError> {
  try {
    await loadWithWarnings(files, options);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  return assert.fail("Expected a ConfigError");
}

/** The problems of a configuration that cannot be loaded, each in a line. */
export async function problems<Schema extends z.core.$ZodType>(
  files: Readonly<Record<string, string>>,
  options: Options<Schema>,
): Promise<string[]> {
  return (await failure(files, options)).problems.map(toLine);
}

/** A problem in a line: `path | source | message`. */
export function toLine({ path, source, message }: ConfigProblem): string {
  return `${path} | ${source ?? ""} | ${message}`;
}
