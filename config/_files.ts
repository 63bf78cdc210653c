import { MAX_FILE_BYTES } from "./_limits.ts";
import { detectRuntime } from "../internal/runtime.ts";

/** The root folder of a configuration, and how its files are read. */
export interface ConfigFiles {
  readonly root: string;
  /**
   * Reads a file by its absolute path, or its path relative to the root. Gives `undefined` when there is no such file.
   *
   * @throws {UnreadableFile} when the file exists and cannot be read.
   */
  read(path: string): Promise<string | undefined>;
  /** The same at once, for a file that was read before; `undefined` where that fails. */
  readNow(path: string): string | undefined;
  /** The names of the files in a folder; none when it cannot be read. */
  list(path: string): Promise<string[]>;
}

/** A file that exists and cannot be read. The message has the reason. */
export class UnreadableFile extends Error {}

/** The part of `node:fs/promises` that is used here. */
interface FileSystem {
  open(path: string): Promise<FileHandle>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
}

interface FileSystemNow {
  readFileSync(path: string, encoding: "utf8"): string;
  statSync(path: string): { isFile(): boolean };
}

interface FileHandle {
  read(buffer: Uint8Array): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

interface ProcessLike {
  cwd(): string;
  getBuiltinModule?(
    name: "node:fs",
  ): FileSystemNow & { readonly promises: FileSystem } | undefined;
  getBuiltinModule?(
    name: "node:path",
  ): { resolve(...parts: string[]): string; dirname(path: string): string };
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL | string): string };
}

/**
 * The files below `root`, else below the nearest parent of the current folder that has `config/shared.yml` or
 * `config/services/`, else below the current folder. `undefined` where the runtime has no file system. The one of workerd
 * holds no files of a service.
 */
export async function openFiles(root: string | URL | undefined): Promise<ConfigFiles | undefined> {
  const { process } = globalThis as { process?: ProcessLike };
  const builtIn = detectRuntime() === "workerd" ? undefined : process?.getBuiltinModule?.("node:fs");
  if (process === undefined || builtIn?.promises === undefined) return undefined;
  const { promises: fs } = builtIn;
  const { dirname, resolve } = process.getBuiltinModule!("node:path");
  const folder = root === undefined
    ? await findRoot(fs, process.cwd(), { dirname, resolve })
    : resolve(isFileUrl(root) ? process.getBuiltinModule!("node:url").fileURLToPath(root) : String(root));
  return {
    root: folder,
    read: (path) => readText(fs, resolve(folder, path)),
    readNow(path) {
      try {
        const file = resolve(folder, path);
        return builtIn.statSync(file).isFile() ? builtIn.readFileSync(file, "utf8") : undefined; // a pipe gives it once
      } catch {
        return undefined;
      }
    },
    list: (path) => fs.readdir(resolve(folder, path)).catch(() => []),
  };
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

/** Whether a path exists. A path that may not be read counts as absent: a sandbox may not reach the root of the disk. */
async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  return await fs.stat(path).then(() => true, () => false);
}

async function readText(fs: FileSystem, path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(fs, path);
  } catch (error) {
    const { code, name } = error as { readonly code?: string; readonly name?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (name === "NotCapable") throw new UnreadableFile("it may not be read; run Deno with --allow-read");
    throw new UnreadableFile(`it cannot be read${code === undefined ? "" : ` (${code})`}`);
  }
  if (bytes.length > MAX_FILE_BYTES) throw new UnreadableFile(`it has more than ${MAX_FILE_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile("it is not UTF-8");
  }
}

/** Reads to the end of a file, or a little beyond the limit: a device may have no end. */
async function readBytes(fs: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fs.open(path);
  try {
    let bytes = new Uint8Array(16_384);
    let length = 0;
    while (length <= MAX_FILE_BYTES) {
      if (length === bytes.length) {
        const larger = new Uint8Array(2 * length);
        larger.set(bytes);
        bytes = larger;
      }
      const { bytesRead } = await file.read(bytes.subarray(length));
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
