/**
 * A project that has the packed tarball installed, as a user of npm would have.
 *
 * @module
 */
import { writeJsrPackage } from "./_jsr.ts";
import type { PackageJson } from "./_manifest.ts";
import { pack } from "./pack.ts";
import { development, entryPoints, lockedPackage, npmImports, project } from "./_project.ts";
import { runFolder } from "./_run_folder.ts";
import { readTarball } from "./_tarball.ts";
import { installPackages } from "./tools.ts";

/** Options of {@link createConsumer}. */
export interface ConsumerOptions {
  /** Other versions than those in the lock files. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Packages of which `@glam/shared` gets a copy of its own, at the version in the lock file. */
  readonly ownCopies?: readonly string[];
}

/** What the scripts alone import. */
const ofScripts: readonly string[] = ["esbuild", "nanotar", "rollup"];

let packed: Promise<string> | undefined;

/** The path of the tarball to test: the one that `deno task test` packed, else a new one. */
export function tarball(): Promise<string> {
  packed ??= packFresh();
  return packed;
}

async function packFresh(): Promise<string> {
  return Deno.env.get("GLAM_TARBALL") ?? (await pack()).path;
}

/**
 * Makes the project `<name>` in the folder of this run, with the tarball, its dependencies and those of the tests.
 * The tarball is unpacked into `node_modules`, because Deno installs no `file:` tarballs and npm may be missing.
 */
export async function createConsumer(name: string, options: ConsumerOptions = {}): Promise<string> {
  const { versions = {}, ownCopies = [] } = options;
  const folder = `${runFolder()}/${name}`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const dependencies: Record<string, string> = {};
  for (const { key, name } of npmImports(development)) {
    if (ofScripts.includes(name)) continue;
    const version = versions[key] ?? (await lockedPackage(name)).version;
    dependencies[key] = key === name ? version : `npm:${name}@${version}`;
  }
  for (const name of ownCopies) {
    dependencies[ownCopyOf(name)] = `npm:${name}@${(await lockedPackage(name)).version}`;
  }
  const manifest = { private: true, type: "module", dependencies };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(manifest, null, 2));
  await installPackages(folder);
  const target = `${folder}/node_modules/${project.name}`;
  await unpack(await tarball(), target);
  for (const name of ownCopies) {
    await copyFolder(
      await Deno.realPath(`${folder}/node_modules/${ownCopyOf(name)}`),
      `${target}/node_modules/${name}`,
    );
  }
  return folder;
}

/**
 * Makes the project `<name>` in the folder of this run, with the package as JSR would serve it in `package/`, and an import
 * map that has what its deno.json imports and the package's entry points.
 */
export async function createDenoConsumer(name: string): Promise<string> {
  const folder = `${runFolder()}/${name}`;
  await writeJsrPackage(await tarball(), `${folder}/package`);
  const { imports, exports } = JSON.parse(await Deno.readTextFile(`${folder}/package/deno.json`));
  for (const { key, specifier } of entryPoints()) imports[specifier] = `./package/${exports[key].slice(2)}`;
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports }, null, 2));
  return folder;
}

/** The package.json of the tarball. */
export async function packedManifest(): Promise<PackageJson> {
  const files = await readTarball(await tarball());
  return JSON.parse(new TextDecoder().decode(files.get("package.json")));
}

/** Copies a folder with everything in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyFolder(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

async function unpack(path: string, target: string): Promise<void> {
  for (const [name, data] of await readTarball(path)) {
    const file = `${target}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(file, data);
  }
}

function ownCopyOf(name: string): string {
  return `own-${name.replace("/", "-").replace("@", "")}`;
}
