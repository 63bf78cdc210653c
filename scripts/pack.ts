/**
 * Makes the published packages: the tarball for npm, which is that of `deno pack` with a complete package.json and with joined
 * and lowered modules; and the folder for JSR.
 *
 *     deno task pack
 *
 * writes `.cache/pack/glam-shared-<version>.tgz` and `.cache/pack/jsr`, and prints their paths.
 *
 * @module
 */
import { createTarGzip, type TarFileInput } from "nanotar";
import { joinModules } from "./_join.ts";
import { publishedPage } from "./_links.ts";
import { writeJsrPackage } from "./_jsr.ts";
import { lower } from "./_lower.ts";
import { builtPath, completeManifest, type PackageJson, repository } from "./_manifest.ts";
import { cacheDir, entryPoints, project, root } from "./_project.ts";
import { runOrThrow } from "./_run.ts";
import { type Files, readTarball } from "./_tarball.ts";

/** A packed tarball. */
export interface Tarball {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
}

/** Where the package for JSR is. */
export const jsrFolder: string = `${cacheDir}/pack/jsr`;

/** The longest name that a tar header holds. Longer names would be cut silently. */
const MAX_NAME_LENGTH = 100;

/** Packs the package as it is in the working tree. */
export async function pack(): Promise<Tarball> {
  const folder = `${cacheDir}/pack`;
  await Deno.mkdir(folder, { recursive: true });
  const staging = await Deno.makeTempFile({ dir: folder, suffix: ".tmp" });
  try {
    // Without source maps, because they contain absolute paths of this machine.
    const options = ["--quiet", "--allow-dirty", "--no-source-maps", "--output", staging];
    await runOrThrow([Deno.execPath(), "pack", ...options], { cwd: root });
    const files = await readTarball(staging);
    await complete(files);
    pointOut(files);
    check(files);
    await join(files);
    const data = await writeTarball(files);
    await Deno.writeFile(staging, data);
    const path = `${folder}/${project.name.replace("@", "").replace("/", "-")}-${project.version}.tgz`;
    await Deno.rename(staging, path);
    return { path, bytes: data.length, files: files.size };
  } finally {
    await Deno.remove(staging).catch(() => {});
  }
}

/** Rewrites package.json, removes sources that `deno pack` includes as assets, and completes types and bin. */
async function complete(files: Files): Promise<void> {
  for (const name of [...files.keys()]) {
    if (name.endsWith(".d.ts")) referenceDisposable(files, name);
    else if (name.endsWith(".ts")) files.delete(name);
  }
  const manifest = await completeManifest(JSON.parse(readText(files, "package.json")), entryPoints());
  files.set("package.json", new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
  for (const path of binPaths(manifest)) {
    if (!readText(files, path).startsWith("#!")) prepend(files, path, "#!/usr/bin/env node\n");
  }
}

/** Lets the pages link to the repository where what they link to is not in the package. */
function pointOut(files: Files): void {
  const { version } = project;
  const isPackaged = (path: string) =>
    files.has(path) || [...files.keys()].some((name) => name.startsWith(`${path}/`));
  for (const name of [...files.keys()].filter((name) => name.endsWith(".md"))) {
    const page = publishedPage(readText(files, name), name, isPackaged, { repository, version });
    files.set(name, new TextEncoder().encode(page));
  }
}

/** Replaces all modules by joined ones, which every supported Node can parse. */
async function join(files: Files): Promise<void> {
  const sources = new Map<string, string>();
  for (const name of [...files.keys()].filter((name) => name.endsWith(".js"))) {
    sources.set(name, readText(files, name));
    files.delete(name);
  }
  const joined = await joinModules(sources, entryPoints().map(({ path }) => builtPath(path)));
  for (const [name, code] of [...joined, ...await lower(joined)]) {
    files.set(name, new TextEncoder().encode(code));
  }
}

/** `AsyncDisposable` needs the library ESNext. Added here, because JSR forbids the reference in the source. */
function referenceDisposable(files: Files, name: string): void {
  if (!/\b(?:Async)?Disposable\b|\bSymbol\.(?:asyncDispose|dispose)\b/.test(readText(files, name))) return;
  prepend(files, name, `/// <reference lib="esnext.disposable" />\n`);
}

function prepend(files: Files, name: string, text: string): void {
  files.set(name, new TextEncoder().encode(text + readText(files, name)));
}

/** Throws one error with all problems of the packed files. */
function check(files: Files): void {
  const problems: string[] = [];
  for (const { key, path } of entryPoints()) {
    const built = builtPath(path);
    for (const name of [built, built.replace(/\.js$/, ".d.ts")]) {
      if (!files.has(name)) problems.push(`Entry point ${key} has no ${name}`);
    }
  }
  for (const name of files.keys()) {
    if (name !== "package.json" && !isPublished(name)) problems.push(`${name} is not in publish.include`);
    if (`package/${name}`.length > MAX_NAME_LENGTH) problems.push(`${name} is too long a name for tar`);
    // The imports in templates are those of generated services.
    if (/\.js$|\.d\.ts$/.test(name) && !name.startsWith("cli/templates/")) {
      for (const specifier of unresolvedImports(readText(files, name))) {
        problems.push(`${name} still imports "${specifier}"`);
      }
    }
  }
  if (problems.length > 0) throw new Error(`The package is not right:\n${problems.join("\n")}`);
}

/** Imports that only Deno resolves; those in doc comments do not count. */
function unresolvedImports(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"((?:npm:|jsr:|https?:)[^"]*|\.[^"]*\.ts)"/g)]
    .map((match) => match[1]!);
}

function isPublished(name: string): boolean {
  return project.publish.include.some((path) => {
    const built = builtPath(path);
    return name === path || name === built || name === built.replace(/\.js$/, ".d.ts") ||
      name.startsWith(`${path}/`);
  });
}

async function writeTarball(files: Files): Promise<Uint8Array> {
  const executable = new Set(binPaths(JSON.parse(readText(files, "package.json"))));
  const inputs = [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([name, data]): TarFileInput => ({
    name: `package/${name}`,
    data,
    attrs: { mode: executable.has(name) ? "755" : "644", mtime: 0, uid: 0, gid: 0, user: "", group: "" },
  }));
  return await createTarGzip(inputs);
}

function binPaths(manifest: PackageJson): string[] {
  return Object.values((manifest.bin ?? {}) as Record<string, string>).map((path) =>
    path.replace(/^\.\//, "")
  );
}

function readText(files: Files, name: string): string {
  const data = files.get(name);
  if (data === undefined) throw new Error(`The tarball has no ${name}`);
  return new TextDecoder().decode(data);
}

if (import.meta.main) {
  try {
    const { path, bytes, files } = await pack();
    console.log(`npm publish ${path} # ${(bytes / 1024).toFixed(1)} KB, ${files} files`);
    await writeJsrPackage(path, jsrFolder);
    console.log(`cd ${jsrFolder} && deno publish`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
