import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a service is made of. */
const SOURCE = /\.(?:[cm]?[jt]sx?|jsonc?|ya?ml|sql)$|^\.env$/;
/** What installing writes, and what is no part of a running service. */
const IGNORED = /^(?:\.(?!env$).*|node_modules|coverage|package-lock\.json|pnpm-lock\.yaml)$/;
/** An editor or a checkout writes several files; the last of them counts. */
const QUIET_MS = 100;
/** How often a folder is looked through that the system cannot watch. */
const POLL_MS = 1000;

/** A folder that is watched. */
export interface FolderWatch extends Disposable {
  /** Resolves with the files that were added, changed or removed since the last call, once there are some. */
  changes(signal: AbortSignal): Promise<string[]>;
}

type Snapshot = ReadonlyMap<string, string>;

/**
 * Watches the sources in a folder. Events of the system only say when to look: what they tell differs between runtimes and
 * editors.
 */
export async function watchFolder(folder: string): Promise<FolderWatch> {
  const watchers = new Map<string, FSWatcher>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let wake = () => {};
  let isDirty = false;
  const touch = () => {
    isDirty = true;
    wake();
  };
  let known = await look();

  async function look(): Promise<Snapshot> {
    const found = new Map<string, string>();
    const folders = new Set<string>();
    await walk(folder, found, folders);
    for (const path of folders) {
      if (!watchers.has(path)) watchOne(path);
    }
    for (const [path, watcher] of watchers) {
      if (folders.has(path)) continue;
      watcher.close();
      watchers.delete(path);
    }
    return found;
  }

  function watchOne(path: string): void {
    try {
      watchers.set(path, watch(path, touch).on("error", poll));
    } catch {
      poll(); // there are too many watches, or none on this file system
    }
  }

  function poll(): void {
    timer ??= setInterval(touch, POLL_MS);
  }

  async function changes(signal: AbortSignal): Promise<string[]> {
    while (!signal.aborted) {
      if (!isDirty) {
        await new Promise<void>((resolve) => {
          wake = () => {
            signal.removeEventListener("abort", wake);
            resolve();
          };
          signal.addEventListener("abort", wake);
        });
        continue;
      }
      isDirty = false;
      await sleep(QUIET_MS);
      if (isDirty) continue;
      const now = await look();
      const changed = difference(known, now);
      known = now;
      if (changed.length > 0) return changed;
    }
    return [];
  }

  return {
    changes,
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

async function walk(folder: string, found: Map<string, string>, folders: Set<string>): Promise<void> {
  folders.add(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (IGNORED.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, found, folders);
    else if (SOURCE.test(entry.name)) {
      const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: -1 }));
      found.set(path, `${mtimeMs} ${size}`);
    }
  }
}

function difference(before: Snapshot, after: Snapshot): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path)).sort();
}
