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
  ["contract"],
  ["db", "messaging"],
  ["api", "client", "auth", "schedule"],
  ["service"],
  ["ops"],
  ["testing", "cli"],
  ["."],
];

/**
 * The floors of the areas that have rooms, from the bottom up: folders, and files that stand beside them. Imports point
 * down, or sideways within one line.
 */
export const floors: Readonly<Record<string, readonly (readonly string[])[]>> = {
  db: [
    ["sql.ts", "options.ts", "database.ts", "tracer.ts"],
    ["table"],
    ["connection"],
    ["pool"],
    ["transaction"],
    ["repository"],
    ["_tag.ts", "_open_database.ts", "connect_database.ts", "database_options_from_env.ts"],
    ["migrate"],
    ["mod.ts"],
  ],
  messaging: [
    ["contract"],
    ["bus"],
    ["events", "publisher", "dead_letters"],
    ["request", "outbox"],
    ["inbox", "memory", "nats"],
    ["listener"],
    ["mod.ts"],
  ],
};

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

/** The imports within an area that point to a higher floor, and the files that are on none. */
export function climbingImports(edges: readonly Edge[]): string[] {
  return ownEdges(edges).flatMap((edge) => {
    const area = areaOf(edge.from);
    const own = floors[area];
    if (own === undefined || areaOf(edge.to) !== area) return [];
    const [from, to] = [edge.from, edge.to].map((path) => {
      const floor = own.findIndex((units) => units.includes(unitOf(path)));
      return { path, floor };
    }) as [{ path: string; floor: number }, { path: string; floor: number }];
    const homeless = [from, to].filter(({ floor }) => floor < 0).map(({ path }) =>
      `${path} is on no floor of ${area}: move it to a room, or name it in \`floors\` of tests/_support/layers.ts`
    );
    if (homeless.length > 0) return homeless;
    if (to.floor <= from.floor) return [];
    return [`${edge.from} -> ${edge.to}: ${unitOf(edge.from)} is below ${unitOf(edge.to)}`];
  });
}

/** The cycles between the rooms of an area, whatever the kind of import. */
export function roomCycles(edges: readonly Edge[]): string[] {
  return Object.keys(floors).flatMap((area) => {
    const own = ownEdges(edges).filter((edge) =>
      areaOf(edge.from) === area && areaOf(edge.to) === area && unitOf(edge.from) !== unitOf(edge.to)
    );
    return findCycles(own.map((edge) => [unitOf(edge.from), unitOf(edge.to)])).map((cycle) =>
      `${area}: ${cycle.join(" -> ")}`
    );
  });
}

/** The cycles between modules, those of types included. */
export function moduleCycles(edges: readonly Edge[]): string[] {
  return findCycles(ownEdges(edges).map((edge) => [edge.from, edge.to])).map((cycle) => cycle.join(" -> "));
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

/** `db/table/mixins.ts` is in the room `table`, `db/sql.ts` is for itself. */
function unitOf(path: string): string {
  return path.split("/")[1] ?? path;
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
