import { realpath, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { readEnv } from "../../internal/environment.ts";

/** The path of a program on the `PATH`, behind symbolic links, or in one of further folders. */
export async function findProgram(
  name: string,
  further: readonly string[] = [],
): Promise<string | undefined> {
  const folders = [...(readEnv("PATH") ?? "").split(delimiter).filter((folder) => folder !== ""), ...further];
  for (const folder of folders) {
    const path = join(folder, name);
    const isProgram = await stat(path).then((it) => it.isFile() && (it.mode & 0o111) !== 0, () => false);
    if (isProgram) return await realpath(path);
  }
  return undefined;
}
