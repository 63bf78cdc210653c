/** What is used of PGlite to make an empty database, and to copy one. */
export interface PGliteConstructor<T extends Dumpable> {
  create(options?: { readonly loadDataDir?: Blob }): Promise<T>;
}

/** What a database can do that others are copied from. */
export interface Dumpable {
  dumpDataDir(compression: "gzip"): Promise<Blob>;
}

/**
 * An empty database, copied from the one in a file. Where that is not there, or not of this version of PGlite, it is
 * made, and kept there for the next one: to make one takes seconds of a processor.
 */
export async function fromTemplate<T extends Dumpable>(
  PGlite: PGliteConstructor<T>,
  path: string,
): Promise<T> {
  const { mkdir, readFile, rename, writeFile } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  const kept = await readFile(path).catch(absent);
  const copy = kept &&
    await PGlite.create({ loadDataDir: new Blob([new Uint8Array(kept)]) }).catch(() => undefined);
  if (copy !== undefined) return copy;
  const made = await PGlite.create();
  const dump = await made.dumpDataDir("gzip");
  await mkdir(dirname(path), { recursive: true });
  // Renamed into place, because the tests of another file may be about to read it.
  const staging = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  await writeFile(staging, new Uint8Array(await dump.arrayBuffer()));
  await rename(staging, path);
  return made;
}

function absent(error: unknown): undefined {
  if ((error as { code?: string }).code !== "ENOENT") throw error;
}
