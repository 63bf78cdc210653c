/**
 * Programs of Debian packages, for machines that do not have them installed.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { missingLibraries } from "./missing_libraries.ts";

const runFile = promisify(execFile);

/** A program of one of Debian's packages. */
export interface DebianProgram {
  /** Name of the package, such as `wrk`. */
  readonly name: string;
  /** Where it is in the package, such as `usr/bin/wrk`. */
  readonly path: string;
}

/** Where {@link fetchDebian} puts what starts a program. */
export function fetchedPath({ path }: DebianProgram, folder: string): string {
  return `${folder}/bin/${basename(path)}`;
}

/**
 * Fetches a program by apt-get and unpacks it into `folder`, without installing it, and with it the libraries that it links
 * to and the machine does not have. Gives the path of the script that starts it.
 *
 * It is unpacked in a temporary folder that is renamed, so that no other process sees it half written.
 *
 * @throws {Error} when a library that it links to is in none of the packages that it depends on.
 */
export async function fetchDebian(program: DebianProgram, folder: string): Promise<string> {
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    await unpack([program.name], staging);
    await bringLibraries(program, staging);
    await runFile("chmod", ["-R", "a+rX", "."], { cwd: staging });
    await mkdir(`${staging}/bin`);
    const libraries = (await libraryFolders(staging)).map((path) => `$folder/${path}`).join(":");
    const start = `#!/bin/sh
folder=$(dirname "$(dirname "$(readlink -f "$0")")")
LD_LIBRARY_PATH="${libraries}" exec "$folder/${program.path}" "$@"
`;
    await writeFile(fetchedPath(program, staging), start, { mode: 0o755 });
    await rename(staging, folder).catch((error) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another process was faster
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return fetchedPath(program, folder);
}

/** Unpacks more of the packages that the program depends on, until it finds all that it links to. */
async function bringLibraries({ name, path }: DebianProgram, folder: string): Promise<void> {
  const unpacked = new Set([name]);
  for (;;) {
    const folders = (await libraryFolders(folder)).map((path) => `${folder}/${path}`);
    const missing = await missingLibraries(`${folder}/${path}`, folders.join(":"));
    if (missing.length === 0) return;
    const next = (await dependenciesIn(folder)).filter((name) =>
      name.startsWith("lib") && !unpacked.has(name)
    );
    const wanted: string[] = [];
    for (const name of next) if (!await isInstalled(name)) wanted.push(name);
    if (wanted.length === 0) {
      throw new Error(
        `No package that ${name} depends on has ${missing.join(", ")}; install it: apt-get install ${name}`,
      );
    }
    await unpack(wanted, folder);
    for (const name of wanted) unpacked.add(name);
  }
}

async function unpack(packages: readonly string[], folder: string): Promise<void> {
  await runFile("apt-get", ["download", ...packages], { cwd: folder });
  const files = (await readdir(folder)).filter((file) => file.endsWith(".deb"));
  for (const file of files) await runFile("dpkg", ["-x", file, "."], { cwd: folder });
}

/** What the packages in a folder depend on, of alternatives the first one. */
async function dependenciesIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".deb"));
  const fields = await Promise.all(
    files.map((file) => runFile("dpkg-deb", ["-f", file, "Depends"], { cwd: folder })),
  );
  const names = fields.flatMap(({ stdout }) =>
    stdout.split(",").map((each) => /^\s*([^\s:|(]+)/.exec(each)?.[1])
  );
  return [...new Set(names)].filter((name) => name !== undefined);
}

function isInstalled(name: string): Promise<boolean> {
  return runFile("dpkg-query", ["-W", "-f=${db:Status-Status}", name])
    .then(({ stdout }) => stdout.startsWith("installed"), () => false);
}

/** Where the unpacked packages have their libraries: `usr/lib/x86_64-linux-gnu` and the like. */
async function libraryFolders(folder: string): Promise<string[]> {
  const folders = await Promise.all(["lib", "usr/lib"].map(async (path) => {
    const names = await readdir(`${folder}/${path}`).catch(() => []);
    return names.filter((name) => name.includes("-linux-")).map((name) => `${path}/${name}`);
  }));
  return folders.flat();
}
