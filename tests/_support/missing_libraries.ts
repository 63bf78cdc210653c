/**
 * What a program links to, and the machine does not have.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const runFile = promisify(execFile);

/**
 * The libraries that `ldd` does not find for a program, such as `libevent-2.1.so.7`; `libraryPath` are folders to look in
 * first. None of a program that is linked statically, or is a script.
 */
export async function missingLibraries(program: string, libraryPath = ""): Promise<string[]> {
  const env = { ...process.env, LC_ALL: "C", ...(libraryPath !== "" && { LD_LIBRARY_PATH: libraryPath }) };
  const { stdout } = await runFile("ldd", [program], { env }).catch((error) => {
    if (/not a dynamic executable/.test(`${error.stdout}${error.stderr}`)) return { stdout: "" };
    throw error;
  });
  return [...stdout.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name!);
}
