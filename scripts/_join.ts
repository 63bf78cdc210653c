/**
 * Joins the modules of the packed package into a few.
 *
 * Loading a module takes a runtime several times as long as running it: Node some 0.4 ms. The source has one file for
 * each concept. The published package has one module for each area, and one more for the dynamic imports of the area's
 * functions. The layers of the source have no cycles, so the joined modules have none.
 *
 * @module
 */
import { type GetModuleInfo, rollup } from "rollup";

/** This entry point runs for every command and every `--help`, so what it imports of an area is a separate module. */
const COMMAND_LINE = "cli/mod.js";

/** Entry points that import all others. What only they import is kept out of the modules of the others. */
const ON_TOP = [COMMAND_LINE, "testing/mod.js"];

/** The joined modules of `sources`, by path. The entry points keep their paths and exports. */
export async function joinModules(
  sources: ReadonlyMap<string, string>,
  entries: readonly string[],
): Promise<Map<string, string>> {
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((path) => [path.replace(/\.js$/, ""), path])),
    plugins: [{
      name: "packed files",
      resolveId: (specifier, importer) =>
        importer === undefined
          ? specifier
          : specifier.startsWith(".")
          ? new URL(specifier, `file:///${importer}`).pathname.slice(1)
          : { id: specifier, external: true },
      load(path) {
        const source = sources.get(path);
        if (source === undefined) this.error(`${path} is imported and not packed`);
        return source;
      },
    }],
    treeshake: false, // what nobody imports is for the application's own bundler to leave out
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  try {
    let atStart: ReadonlySet<string> | undefined;
    let program: ReadonlySet<string> | undefined;
    const { output } = await bundle.generate({
      format: "es",
      entryFileNames: "[name].js",
      chunkFileNames: ({ name, moduleIds }) =>
        name.includes("/") ? "[name].js" : `${moduleIds[0]!.split("/")[0]}/[name].js`,
      hoistTransitiveImports: false,
      minifyInternalExports: false,
      onlyExplicitManualChunks: true,
      manualChunks(path, { getModuleInfo }) {
        const [area, inArea] = path.split("/", 2);
        if (inArea === undefined) return undefined; // the entry point of all areas
        atStart ??= reachable(entries.filter((entry) => !ON_TOP.includes(entry)), getModuleInfo);
        if (atStart.has(path)) return `${area}/_${area}`;
        program ??= reachable(importedLater(COMMAND_LINE, getModuleInfo), getModuleInfo);
        const isOnTop = ON_TOP.some((entry) => entry.startsWith(`${area}/`));
        return isOnTop ? undefined : `${area}/${program.has(path) ? "_command_line" : "_deferred"}`;
      },
    });
    return new Map(output.flatMap((file) => file.type === "chunk" ? [[file.fileName, file.code]] : []));
  } finally {
    await bundle.close();
  }
}

/** The dynamic imports of an entry point. */
function importedLater(entry: string, getModuleInfo: GetModuleInfo): string[] {
  return [...reachable([entry], getModuleInfo)].flatMap((path) =>
    getModuleInfo(path)?.dynamicallyImportedIds ?? []
  );
}

/** The modules that `entries` import statically. */
function reachable(entries: readonly string[], getModuleInfo: GetModuleInfo): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const info = getModuleInfo(path);
    if (found.has(path) || info === null || info.isExternal) return;
    found.add(path);
    for (const imported of info.importedIds) visit(imported);
  };
  for (const entry of entries) visit(entry);
  return found;
}
