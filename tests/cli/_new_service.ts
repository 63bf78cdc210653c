/**
 * A service that `glam new` wrote, for the runtime that the tests run on, with this package in place of the published one:
 * the source on Deno, the packed tarball elsewhere.
 *
 * @module
 */
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { ChildResult, RunningChild } from "../_support/child_process.ts";
import { glam, type GlamOptions, startProcess } from "./_glam.ts";

/** A new service in a folder of its own. Both are gone when it is disposed of: what runs there first, then the folder. */
export interface NewService extends AsyncDisposable {
  readonly folder: string;
  /** What `glam new` printed. */
  readonly written: ChildResult;
  /** Starts one of its tasks, as its README says. */
  start(task: string, args?: readonly string[], options?: GlamOptions): RunningChild;
  /** Runs one of them to its end. */
  run(task: string, args?: readonly string[], options?: GlamOptions): Promise<ChildResult>;
}

/** The runtime of the tests. */
export const runtime: "bun" | "deno" | "node" = "Deno" in globalThis
  ? "deno"
  : "Bun" in globalThis
  ? "bun"
  : "node";

/** Writes the service. */
export async function newService(name: string): Promise<NewService> {
  await using cleanup = new AsyncDisposableStack();
  const parent = await mkdtemp(join(tmpdir(), "glam-new-"));
  cleanup.defer(() => rm(parent, { recursive: true, force: true }));
  const written = await glam(["new", name], { cwd: parent });
  const folder = join(parent, name);
  const tasks = runtime === "deno" ? await pointDenoAtSource(folder) : await pointNpmAtTarball(folder);
  // The last is the first to go, so what runs in the folder has ended before the folder is removed.
  const owned = cleanup.move();
  const start: NewService["start"] = (task, args = [], options = {}) => {
    if (owned.disposed) throw new Error(`${name} was removed`); // while a test that ran out of time went on
    const [program, ...words] = tasks[task]!.split(" ");
    const own = program === runtime ? process.execPath : program!;
    return owned.use(startProcess(own, [...words, ...args], { cwd: folder, ...options }));
  };
  return {
    folder,
    written,
    start,
    async run(task, args, options) {
      await using running = start(task, args, options);
      return await running.ended();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits until such a service is ready, and gives the URL that it logs, in whichever format. */
export async function urlOf(running: RunningChild): Promise<string> {
  const logged = () =>
    running.out().includes("Service ready") && /\burl"?[=:]"?(http:[^\s"\]]+)/.exec(running.out())?.[1];
  const url = await running.reaches(logged, "it says where it is") as string;
  await running.reaches(async () => {
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok;
  }, "it is ready");
  return url;
}

interface Project {
  tasks?: Record<string, string>;
  scripts?: Record<string, string>;
  imports: Record<string, string>;
  exports: Record<string, string>;
  compilerOptions: Record<string, unknown>;
}

async function pointDenoAtSource(folder: string): Promise<Record<string, string>> {
  const root = new URL("../../", import.meta.url);
  const own = JSON.parse(await readFile(new URL("deno.json", root), "utf8")) as Project;
  const config = JSON.parse(await readFile(join(folder, "deno.json"), "utf8")) as Project;
  delete config.imports["@glam/shared"];
  const entries = Object.entries(own.exports).map(([key, path]) => [
    `@glam/shared${key.slice(1)}`,
    new URL(path, root).href,
  ]);
  const { isolatedDeclarations: _, ...compilerOptions } = own.compilerOptions;
  const imports = { ...own.imports, ...config.imports, ...Object.fromEntries(entries) };
  await writeFile(
    join(folder, "deno.json"),
    `${JSON.stringify({ ...config, imports, compilerOptions, lock: false }, null, 2)}\n`,
  );
  return config.tasks!;
}

async function pointNpmAtTarball(folder: string): Promise<Record<string, string>> {
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Project;
  return manifest.scripts!;
}
