import { ConfigError } from "../errors/config_error.ts";
import { holdFile, isFileHeld } from "./_file_lock.ts";

interface ProcessLike {
  readonly pid: number;
  kill(pid: number, signal: 0): boolean;
}

/** Folders that this process has locked. In containers the process id is often the same, so the id alone is not enough. */
const held = new Set<string>();

/**
 * Locks a data folder against a second process, by a file beside it with the id of the process. Returns a function that
 * releases the lock. A lock whose process has ended is taken over.
 *
 * @throws {ConfigError} when another process holds the lock.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { process } = globalThis as unknown as { process: ProcessLike };
  const { mkdir, readFile, realpath, rm, writeFile } = await import("node:fs/promises");
  await mkdir(folder, { recursive: true });
  const path = `${await realpath(folder)}.pid`;
  if (held.has(path)) throw inUse(folder, process.pid);
  held.add(path);
  let release: (() => void) | undefined;
  try {
    await takeOver();
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    await rm(path, { force: true });
    release?.();
    held.delete(path);
  };

  async function takeOver(): Promise<void> {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      release = await holdFile(path);
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
      const holder = Number(await readFile(path, "utf8").catch(() => ""));
      if (await isFileHeld(path)) throw inUse(folder, holder);
      if (holder > 0 && holder !== process.pid && isRunning(process, holder)) throw inUse(folder, holder);
      await rm(path, { force: true });
      await takeOver();
    }
  }
}

function inUse(folder: string, pid: number): ConfigError {
  return new ConfigError(`${folder} is in use by process ${pid}: stop that, or take another folder`);
}

function isRunning(process: ProcessLike, pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs under another user. Deno without the permission to ask has another code, and has looked at the file's lock.
    return (error as { code?: string }).code === "EPERM";
  }
}
