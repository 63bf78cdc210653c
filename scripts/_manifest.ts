/**
 * Completes the package.json of `deno pack`: exact versions, peers, `bin` and the descriptive fields.
 *
 * @module
 */
import { OLDEST_NODE } from "../internal/oldest_node.ts";
import { type EntryPoint, lockedPackage, npmImports, project } from "./_project.ts";
import { moduleGraph } from "./_graph.ts";

/** A package.json. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const description =
  "The chassis of a service: Hono middleware, Postgres, events on NATS JetStream, configuration, logging and metrics, " +
  "for Deno, Bun, Node.js and Cloudflare Workers.";

/** Where the sources are. */
export const repository = "https://github.com/glam/shared";

const keywords: readonly string[] = [
  "bun",
  "cloudflare-workers",
  "deno",
  "hono",
  "jetstream",
  "logging",
  "microservices",
  "middleware",
  "migrations",
  "nats",
  "outbox",
  "postgres",
  "prometheus",
  "tracing",
];

/** Peer dependencies, and the tested versions. */
const peers: Readonly<Record<string, string>> = { hono: ">=4.11 <5", zod: ">=4.1 <5" };

/** Optional peers, each for one function, which names the package in its error when it is missing. */
const optionalPeers: Readonly<Record<string, string>> = {
  "@electric-sql/pglite": ">=0.5 <0.6",
  "@electric-sql/pglite-socket": ">=0.2 <0.3",
  "@hono/node-server": ">=2.1 <3",
  cockatiel: ">=4 <5",
  ws: ">=8.18 <9",
  "swagger-ui-dist": ">=5 <6",
};

/**
 * Dependencies that are left out of bundles for workerd and browsers. The code imports them dynamically, and only where
 * there is a file system.
 */
const serverOnly: readonly string[] = ["@hono/node-server", "@logtape/file", "prom-client", "ws", "yaml"];

/** Completes the package.json that `deno pack` wrote. */
export async function completeManifest(
  packed: PackageJson,
  entries: readonly EntryPoint[],
): Promise<PackageJson> {
  const used = await usedPackages(entries);
  const dependencies: Record<string, string> = {};
  const peerDependencies: Record<string, string> = {};
  for (const name of used) {
    if (name in optionalPeers) continue;
    const peer = peers[name];
    if (peer === undefined) dependencies[name] = (await lockedPackage(name)).version;
    else peerDependencies[name] = peer;
  }
  const leftOut = serverOnly.filter((name) => used.includes(name)).map((name) => [name, false]);
  const { name, version, type, license, main, types, exports } = packed;
  const cli = entries.find((entry) => entry.key === "./cli");
  return {
    name,
    version,
    description,
    keywords,
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
    repository: { type: "git", url: `git+${repository}.git` },
    license: license ?? project.license,
    type,
    sideEffects: false,
    engines: { node: `>=${OLDEST_NODE}`, bun: ">=1.3", deno: ">=2.5" },
    main,
    types,
    exports,
    ...(leftOut.length === 0 ? {} : { browser: Object.fromEntries(leftOut) }),
    ...(cli === undefined ? {} : { bin: { glam: `./${builtPath(cli.path)}` } }),
    dependencies,
    peerDependencies: { ...peerDependencies, ...optionalPeers },
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(optionalPeers).map((name) => [name, { optional: true }]),
    ),
  };
}

/** The JavaScript file that a source file is packed as. */
export function builtPath(path: string): string {
  return path.replace(/\.ts$/, ".js");
}

/** The npm packages that the entry points import anywhere, types and dynamic imports included, and their peers. */
async function usedPackages(entries: readonly EntryPoint[]): Promise<string[]> {
  const edges = await moduleGraph(entries.map((entry) => entry.path));
  const names = new Set(edges.filter((edge) => edge.to.startsWith("npm:")).map((edge) => edge.to.slice(4)));
  const declared = new Set(npmImports().map((item) => item.name));
  const undeclared = [...names].filter((name) => !declared.has(name));
  if (undeclared.length > 0) throw new Error(`Not in the imports of deno.json: ${undeclared.join(", ")}`);
  for (const name of [...names]) {
    for (const peer of (await lockedPackage(name)).peers) names.add(peer);
  }
  return [...names].sort();
}
