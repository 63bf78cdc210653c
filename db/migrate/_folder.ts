import type { MigrationFile } from "./migration_file.ts";

/** The members of `node:fs/promises` that are used. */
interface FileSystem {
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  writeFile(path: string, text: string, options: { flag: "wx" }): Promise<void>;
}

interface ProcessLike {
  getBuiltinModule?(name: "node:fs/promises"): FileSystem | undefined;
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL): string } | undefined;
}

/**
 * Reads the `.sql` files of a folder, and ignores others, such as a README.
 *
 * @throws {TypeError} when the runtime has no file system, or the folder is missing and `mayBeMissing` is false.
 */
export async function readFolder(location: string | URL, mayBeMissing = false): Promise<MigrationFile[]> {
  const fs = fileSystem(location);
  const folder = folderPath(location);
  let names: string[];
  try {
    names = await fs.readdir(folder);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    if (mayBeMissing) return [];
    throw new TypeError(`Cannot read migrations: there is no folder ${folder}`, { cause: error });
  }
  const sqlFiles = names.filter((name) => name.toLowerCase().endsWith(".sql")).sort();
  return await Promise.all(
    sqlFiles.map(async (name) => ({ name, sql: await fs.readFile(`${folder}/${name}`, "utf8") })),
  );
}

/** Writes a new file and returns its path. Creates the folder if needed, and never replaces an existing file. */
export async function writeNewFile(location: string | URL, { name, sql }: MigrationFile): Promise<string> {
  const fs = fileSystem(location);
  const folder = folderPath(location);
  await fs.mkdir(folder, { recursive: true });
  const path = `${folder}/${name}`;
  await fs.writeFile(path, sql, { flag: "wx" });
  return path;
}

/** The path of a folder or of its `file:` URL, without a slash at its end. */
export function folderPath(folder: string | URL): string {
  const { process } = globalThis as { process?: ProcessLike };
  const path = typeof folder === "string"
    ? folder
    : process?.getBuiltinModule?.("node:url")?.fileURLToPath(folder);
  return withoutSlash(path ?? String(folder));
}

function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 1 && (path[end - 1] === "/" || path[end - 1] === "\\")) end--;
  return path.slice(0, end);
}

function fileSystem(folder: string | URL): FileSystem {
  const { process } = globalThis as { process?: ProcessLike };
  const fs = process?.getBuiltinModule?.("node:fs/promises");
  if (fs === undefined) {
    throw new TypeError(
      `Cannot use the folder ${
        String(folder)
      }: this runtime has no file system; give the migrations as a list of { name, sql }`,
    );
  }
  return fs;
}
