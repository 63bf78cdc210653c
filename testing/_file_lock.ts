/** The part of a Deno file that is used. */
interface LockableFile {
  tryLock(exclusive: boolean): Promise<boolean>;
  close(): void;
}

interface DenoLike {
  readonly build: { readonly os: string };
  open(path: string, options: { readonly read: true; readonly write: true }): Promise<LockableFile>;
}

/** Deno, but on Windows, where nobody can read a file that is locked. */
function lockingDeno(): DenoLike | undefined {
  const { Deno } = globalThis as { readonly Deno?: DenoLike };
  return Deno?.build.os === "windows" ? undefined : Deno;
}

/**
 * Locks a file for as long as this process lives, where the runtime can: on Deno, which may not ask whether another process
 * runs unless it is permitted to run programs. Gives what releases it; `undefined` where another process has the lock.
 */
export async function holdFile(path: string): Promise<(() => void) | undefined> {
  const deno = lockingDeno();
  if (deno === undefined) return () => {};
  const file = await deno.open(path, { read: true, write: true });
  if (await file.tryLock(true)) return () => file.close();
  file.close();
  return undefined;
}

/** Whether a running process holds a file; `false` also where that cannot be told. */
export async function isFileHeld(path: string): Promise<boolean> {
  if (lockingDeno() === undefined) return false;
  try {
    const release = await holdFile(path);
    release?.();
    return release === undefined;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false; // it was released just now
    throw error;
  }
}
