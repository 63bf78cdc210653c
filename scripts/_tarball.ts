/**
 * Reads the tarballs of npm packages.
 *
 * @module
 */
import { parseTarGzip } from "nanotar";

/** Files by their paths in a package. */
export type Files = Map<string, Uint8Array>;

/** The files of a tarball, without the leading `package/`. */
export async function readTarball(path: string): Promise<Files> {
  const files: Files = new Map();
  for (const file of await parseTarGzip(await Deno.readFile(path))) {
    if (file.type === "file") files.set(file.name.replace(/^package\//, ""), file.data ?? new Uint8Array());
  }
  return files;
}
