/**
 * The folder of one run of the tests, so that two runs in one checkout do not share what they write.
 *
 * @module
 */
import process from "node:process";
import { cacheDir } from "./_project.ts";

const VARIABLE = "GLAM_RUN_FOLDER";
const runs = `${cacheDir}/runs`;

/** The folder of this run: that of `deno task test`, or of this process where a test file is run by itself. */
export function runFolder(): string {
  return Deno.env.get(VARIABLE) ?? `${runs}/${Deno.pid}`;
}

/**
 * Makes the folder of this run, and passes it on to child processes. Removes the folders of runs whose process is gone.
 * Disposing removes the folder.
 */
export async function claimRunFolder(): Promise<AsyncDisposable> {
  await removeAbandoned();
  const folder = `${runs}/${Deno.pid}`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  Deno.env.set(VARIABLE, folder);
  return {
    async [Symbol.asyncDispose]() {
      Deno.env.delete(VARIABLE);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function removeAbandoned(): Promise<void> {
  await Deno.mkdir(runs, { recursive: true });
  for await (const { name } of Deno.readDir(runs)) {
    if (/^\d+$/.test(name) && isRunning(Number(name))) continue;
    // Another run may remove it at the same time.
    await Deno.remove(`${runs}/${name}`, { recursive: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
