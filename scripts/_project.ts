/**
 * This package: its folder, its deno.json and the versions in deno.lock; and the same of deno.dev.json, which has what tests,
 * benches and scripts import beside that, so that nobody else downloads it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The parts of deno.json that the scripts read. */
interface DenoConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
}

/** One entry of `exports`. */
export interface EntryPoint {
  /** The key in `exports`, such as `./api`. */
  readonly key: string;
  /** What a consumer imports, such as `@glam/shared/api`. */
  readonly specifier: string;
  /** The source file, relative to the root, such as `api/mod.ts`. */
  readonly path: string;
}

/** An npm package that deno.json's `imports` maps to. */
export interface NpmImport {
  /** The import-map key, which is the name that the code imports. */
  readonly key: string;
  readonly name: string;
  readonly range: string;
}

/** The root of the checkout. */
export const root: string = withSlashes(fileURLToPath(new URL("..", import.meta.url))).replace(/\/$/, "");

/** Windows takes slashes as well as its own separator. */
function withSlashes(path: string): string {
  return Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
}

/** Everything that the scripts download or build goes here; git ignores it. */
export const cacheDir: string = `${root}/.cache`;

/** deno.json, parsed. */
export const project: DenoConfig = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`));

/** The entry points, in the order of `exports`. */
export function entryPoints(): EntryPoint[] {
  return Object.entries(project.exports).map(([key, path]) => ({
    key,
    specifier: key === "." ? project.name : `${project.name}/${key.slice(2)}`,
    path: path.replace(/^\.\//, ""),
  }));
}

/** The configuration of tests, benches and scripts. */
export const devConfig: string = `${root}/deno.dev.json`;

/** deno.dev.json, parsed. */
export const development: Pick<DenoConfig, "compilerOptions" | "imports"> = JSON.parse(
  Deno.readTextFileSync(devConfig),
);

/** The npm packages that an import map names: of deno.json, unless another is given. */
export function npmImports({ imports }: Pick<DenoConfig, "imports"> = project): NpmImport[] {
  return Object.entries(imports).flatMap(([key, target]) => {
    const match = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)$/.exec(target);
    return match === null ? [] : [{ key, name: match[1]!, range: match[2]! }];
  });
}

/** A package as deno.lock resolves it. */
export interface LockedPackage {
  readonly version: string;
  /** Its peer dependencies. */
  readonly peers: readonly string[];
}

/** How deno.lock, else deno.dev.lock resolves a package. Updates them when they are outdated. */
export async function lockedPackage(name: string): Promise<LockedPackage> {
  const find = () => readLock("deno.lock").get(name) ?? readLock("deno.dev.lock").get(name);
  const found = find();
  if (found !== undefined) return found;
  for (const config of [`${root}/deno.json`, devConfig]) {
    const args = ["install", "--config", config];
    await new Deno.Command(Deno.execPath(), { args, cwd: root, stdout: "null", stderr: "null" }).output();
  }
  const retried = find();
  if (retried === undefined) throw new Error(`No lock file has a version of ${name}; run: deno install`);
  return retried;
}

/** The packages of a lock file in the root, by name. */
export function readLock(file: string): Map<string, LockedPackage> {
  const packages = new Map<string, LockedPackage>();
  const lock = JSON.parse(readTextIfThere(`${root}/${file}`) ?? "{}") as {
    readonly specifiers?: Readonly<Record<string, string>>;
  };
  for (const [specifier, resolved] of Object.entries(lock.specifiers ?? {})) {
    // Such as `2.3.10_@logtape+logtape@2.4.2`: the version, then the peers.
    const [version, ...peers] = resolved.split(/_+/);
    packages.set(specifier.slice("npm:".length, specifier.lastIndexOf("@")), {
      version: version!,
      peers: peers.map((peer) => peer.slice(0, peer.lastIndexOf("@")).replace("+", "/")),
    });
  }
  return packages;
}

function readTextIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
