/**
 * The rules of the module graph, checked on a list of imports.
 *
 * @module
 */
import type { Edge } from "../../scripts/_graph.ts";

/** The areas from the bottom up; imports point down, or sideways within one line. */
export const layers: readonly (readonly string[])[] = [
  ["internal"],
  ["context", "errors"],
  ["logging", "metrics", "config"],
  ["db", "messaging"],
  ["api"],
  ["service"],
  ["testing", "cli"],
  ["."],
];

/** Packages that importing an entry point must not evaluate. */
const drivers = /^npm:(postgres|@nats-io\/.+|prom-client|yaml|@logtape\/.+)$/;

/** The edges that point upward, or to a folder that has no layer. */
export function upwardImports(edges: readonly Edge[]): string[] {
  return ownEdges(edges).flatMap((edge) => {
    const from = layerOf(edge.from);
    const to = layerOf(edge.to);
    if (from < 0) return [`${edge.from} is in no layer`];
    if (to < 0) return [`${edge.from} -> ${edge.to}: the target is in no layer`];
    return to > from ? [`${edge.from} -> ${edge.to}: ${areaOf(edge.from)} is below ${areaOf(edge.to)}`] : [];
  });
}

/** The cycles between folders, whatever the kind of import. */
export function areaCycles(edges: readonly Edge[]): string[] {
  const own = ownEdges(edges).filter((edge) => areaOf(edge.from) !== areaOf(edge.to));
  return findCycles(own.map((edge) => [areaOf(edge.from), areaOf(edge.to)])).map((cycle) => {
    const steps = cycle.slice(1).map((to, index) => {
      const edge = own.find((item) => areaOf(item.from) === cycle[index] && areaOf(item.to) === to)!;
      return `${edge.from} -> ${edge.to}`;
    });
    return `${cycle.join(" -> ")} (${steps.join(", ")})`;
  });
}

/** The cycles between modules that are there at run time; two files may know each other's types. */
export function moduleCycles(edges: readonly Edge[]): string[] {
  const own = ownEdges(edges).filter((edge) => edge.kind !== "type");
  return findCycles(own.map((edge) => [edge.from, edge.to])).map((cycle) => cycle.join(" -> "));
}

/** The static imports of drivers, which belong inside the function that needs them. */
export function staticDrivers(edges: readonly Edge[]): string[] {
  return edges
    .filter((edge) => edge.kind === "static" && drivers.test(edge.to))
    .map((edge) => `${edge.from} -> ${edge.to}: import it dynamically`);
}

/** The statements that import or re-export zod other than as a namespace or as types. */
export function namedZodImports(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(/^(?:import|export)\s[^;]*?from\s*"zod(?:\/[^"]*)?"/gm)]
    .map(([statement]) => statement)
    .filter((statement) => !/^import\s+(\*\s+as\s|type\s)/.test(statement));
}

function ownEdges(edges: readonly Edge[]): Edge[] {
  return edges.filter((edge) => edge.to.endsWith(".ts") && !edge.to.includes(":"));
}

/** `api/mod.ts` is in `api`, `mod.ts` in `.`. */
function areaOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : ".";
}

function layerOf(path: string): number {
  return layers.findIndex((areas) => areas.includes(areaOf(path)));
}

/** One cycle for each edge that closes one in a depth-first walk, as `[a, b, a]`. */
function findCycles(edges: readonly (readonly [from: string, to: string])[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) cycles.push([...path.slice(start), node]);
    if (start >= 0 || done.has(node)) return;
    for (const target of targets.get(node) ?? []) visit(target, [...path, node]);
    done.add(node);
  };
  for (const node of [...targets.keys()].sort()) visit(node, []);
  return cycles;
}
