/**
 * The module graph of this package, from `deno info --json`.
 *
 * @module
 */
import { root } from "./_project.ts";
import { runOrThrow } from "./_run.ts";

/** How one module imports another. */
export type EdgeKind = "static" | "dynamic" | "type";

/** One import. */
export interface Edge {
  /** The importing file, relative to the root, such as `api/mod.ts`. */
  readonly from: string;
  /** The imported file, or an npm package such as `npm:zod`, or a `node:` module. */
  readonly to: string;
  readonly kind: EdgeKind;
}

interface Position {
  readonly line: number;
  readonly character: number;
}

interface InfoDependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string; readonly span: { readonly start: Position } };
  readonly type?: { readonly specifier?: string };
}

interface InfoModule {
  readonly specifier: string;
  readonly local?: string;
  readonly error?: string;
  readonly dependencies?: readonly InfoDependency[];
}

/** All imports that the given source files reach. */
export async function moduleGraph(paths: readonly string[]): Promise<Edge[]> {
  const modules = new Map<string, InfoModule>();
  for (const graph of await Promise.all(paths.map(readInfo))) {
    for (const module of graph) modules.set(module.specifier, module);
  }
  const edges: Edge[] = [];
  for (const module of modules.values()) {
    if (module.error !== undefined) throw new Error(module.error);
    if (module.local === undefined || !module.specifier.startsWith(`file://${root}/`)) continue;
    const source = await Deno.readTextFile(module.local);
    for (const dependency of module.dependencies ?? []) {
      edges.push(...toEdges(relative(module.specifier), dependency, source));
    }
  }
  return edges;
}

async function readInfo(path: string): Promise<readonly InfoModule[]> {
  const { output } = await runOrThrow([Deno.execPath(), "info", "--quiet", "--json", path], { cwd: root });
  return (JSON.parse(output.slice(output.indexOf("{"))) as { modules: InfoModule[] }).modules;
}

function toEdges(from: string, { specifier, code, type }: InfoDependency, source: string): Edge[] {
  if (code !== undefined) {
    const kind = isDynamicImport(source, code.span.start) ? "dynamic" : "static";
    return [{ from, to: relative(code.specifier ?? specifier), kind }];
  }
  return type === undefined ? [] : [{ from, to: relative(type.specifier ?? specifier), kind: "type" }];
}

/** `deno info` reports a dynamic import as static when the module also has a type-only import; the source decides. */
function isDynamicImport(source: string, { line, character }: Position): boolean {
  const lines = source.split("\n").slice(0, line + 1);
  lines[line] = lines[line]!.slice(0, character);
  return /\bimport\s*\(\s*$/.test(lines.join("\n"));
}

/** `file:///…/api/mod.ts` as `api/mod.ts`, and `npm:hono@^4.11.0/cookie` as `npm:hono`. */
function relative(specifier: string): string {
  const own = `file://${root}/`;
  if (specifier.startsWith(own)) return specifier.slice(own.length);
  return /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)?.[0].replace("npm:/", "npm:") ?? specifier;
}
