/**
 * This package: its folder, its deno.json and the versions in deno.lock.
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

/** The npm packages in `imports`: the package's own dependencies and those of its tests. */
export function npmImports(): NpmImport[] {
  return Object.entries(project.imports).flatMap(([key, target]) => {
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

/** How deno.lock resolves a package of `imports`. Updates deno.lock when it is outdated. */
export async function lockedPackage(name: string): Promise<LockedPackage> {
  const found = readLock().get(name);
  if (found !== undefined) return found;
  await new Deno.Command(Deno.execPath(), { args: ["install"], cwd: root, stdout: "null", stderr: "null" })
    .output();
  const retried = readLock().get(name);
  if (retried === undefined) throw new Error(`deno.lock has no version of ${name}; run: deno install`);
  return retried;
}

function readLock(): Map<string, LockedPackage> {
  const packages = new Map<string, LockedPackage>();
  const lock = JSON.parse(readTextIfThere(`${root}/deno.lock`) ?? "{}") as {
    readonly specifiers?: Readonly<Record<string, string>>;
    readonly workspace?: { readonly dependencies?: readonly string[] };
  };
  for (const specifier of lock.workspace?.dependencies ?? []) {
    const resolved = lock.specifiers?.[specifier];
    if (resolved === undefined) continue;
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
