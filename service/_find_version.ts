import { detectRuntime } from "../internal/runtime.ts";
import { isVersion } from "./_is_version.ts";

const MANIFESTS = ["deno.json", "deno.jsonc", "package.json"];

interface GlobalLike {
  readonly Bun?: { readonly main?: string };
  readonly Deno?: {
    readonly mainModule?: string;
    readonly permissions?: { querySync(descriptor: object): { readonly state: string } };
  };
  readonly process?: { readonly argv?: readonly string[] };
}

/**
 * The `version` of the nearest deno.json or package.json that has one, from the folder of the program's main module
 * upwards; `undefined` where there is none, or where reading is not permitted. Never rejects.
 */
export async function findVersion(main: string | undefined = mainModule()): Promise<string | undefined> {
  if (main === undefined) return undefined;
  try {
    const [{ readFile }, { dirname, join }, { fileURLToPath }] = await Promise.all([
      import("node:fs/promises"),
      import("node:path"),
      import("node:url"),
    ]);
    const path = main.startsWith("file:") ? fileURLToPath(main) : main;
    for (let folder = dirname(path), last = path; folder !== last; last = folder, folder = dirname(folder)) {
      for (const name of MANIFESTS) {
        const file = join(folder, name);
        if (!isReadable(file)) continue;
        const version = versionIn(await readFile(file, "utf8").catch(() => ""));
        if (version !== undefined) return version;
      }
    }
  } catch {
    // the name of the version is not worth a failed start
  }
  return undefined;
}

function mainModule(): string | undefined {
  const { Bun, Deno, process } = globalThis as GlobalLike;
  const runtime = detectRuntime();
  try {
    if (runtime === "deno") return Deno?.mainModule;
    if (runtime === "bun") return Bun?.main;
    return runtime === "node" ? process?.argv?.[1] : undefined;
  } catch {
    return undefined; // Deno asks for a permission
  }
}

/** Deno would ask the person at the terminal. */
function isReadable(path: string): boolean {
  const { permissions } = (globalThis as GlobalLike).Deno ?? {};
  return permissions === undefined || permissions.querySync({ name: "read", path }).state === "granted";
}

const COMMENTS = /("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g;
const TRAILING_COMMAS = /("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g;

/** The `version` in the text of a manifest, which may have comments and trailing commas. */
function versionIn(text: string): string | undefined {
  try {
    const { version } = JSON.parse(text.replace(COMMENTS, "$1").replace(TRAILING_COMMAS, "$1"));
    return typeof version === "string" && isVersion(version) ? version : undefined;
  } catch {
    return undefined;
  }
}
