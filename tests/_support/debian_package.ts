/**
 * Programs of Debian packages, for machines that do not have them installed.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

const runFile = promisify(execFile);

/**
 * Fetches packages by apt-get and unpacks them into `folder`, without installing them. They are unpacked, and completed by
 * `finish`, in a temporary folder that is renamed, so that no other process sees it half written.
 */
export async function unpackDebian(
  packages: readonly string[],
  folder: string,
  finish?: (staging: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    await runFile("apt-get", ["download", ...packages], { cwd: staging });
    for (const file of await readdir(staging)) await runFile("dpkg", ["-x", file, "."], { cwd: staging });
    await runFile("chmod", ["-R", "a+rX", "."], { cwd: staging });
    await finish?.(staging);
    await rename(staging, folder).catch((error) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another process was faster
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
