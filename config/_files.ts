import { detectRuntime } from "../internal/runtime.ts";

/** The folder of a configuration, and its files. */
export interface ConfigFiles {
  readonly root: string;
  /**
   * The text of a file, by its path from the root or its absolute path; `undefined` where there is none.
   *
   * @throws {UnreadableFile}
   */
  read(path: string): Promise<string | undefined>;
}

/** A file that is there and cannot be read; the message says why. */
export class UnreadableFile extends Error {}

/** What is used of Node's modules. */
interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
}

interface ProcessLike {
  cwd(): string;
  getBuiltinModule?(name: "node:fs"): { readonly promises: FileSystem } | undefined;
  getBuiltinModule?(
    name: "node:path",
  ): { resolve(...parts: string[]): string; dirname(path: string): string };
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL | string): string };
}

/**
 * The files at `root`, else at the nearest parent of the current folder that has `config/shared.yml` or
 * `config/services/`, else at the current folder. `undefined` where the runtime has no file system: workerd has one by
 * name, and nothing of a service in it.
 */
export async function openFiles(root: string | URL | undefined): Promise<ConfigFiles | undefined> {
  const { process } = globalThis as { process?: ProcessLike };
  const fs = detectRuntime() === "workerd" ? undefined : process?.getBuiltinModule?.("node:fs")?.promises;
  if (process === undefined || fs === undefined) return undefined;
  const { dirname, resolve } = process.getBuiltinModule!("node:path");
  const folder = root === undefined
    ? await findRoot(fs, process.cwd(), { dirname, resolve })
    : resolve(isFileUrl(root) ? process.getBuiltinModule!("node:url").fileURLToPath(root) : String(root));
  return { root: folder, read: (path) => readText(fs, resolve(folder, path)) };
}

function isFileUrl(root: string | URL): boolean {
  return root instanceof URL || root.startsWith("file:");
}

async function findRoot(
  fs: FileSystem,
  start: string,
  { dirname, resolve }: { dirname(path: string): string; resolve(...parts: string[]): string },
): Promise<string> {
  for (let folder = start;; folder = dirname(folder)) {
    const isRoot = await isThere(fs, resolve(folder, "config/shared.yml")) ||
      await isThere(fs, resolve(folder, "config/services"));
    if (isRoot) return folder;
    if (dirname(folder) === folder) return start;
  }
}

/** What may not be looked at is not there: a sandbox may end below the root of the disk. */
async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  return await fs.stat(path).then(() => true, () => false);
}

async function readText(fs: FileSystem, path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(path);
  } catch (error) {
    const { code, name } = error as { readonly code?: string; readonly name?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (name === "NotCapable") throw new UnreadableFile("it may not be read; run Deno with --allow-read");
    throw new UnreadableFile(`it cannot be read${code === undefined ? "" : ` (${code})`}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile("it is not UTF-8");
  }
}
