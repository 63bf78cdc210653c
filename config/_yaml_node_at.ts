import type { Document, Node, ParsedNode } from "yaml";

type Yaml = typeof import("yaml");

/**
 * The node that is written at a path, through aliases and merge keys: the key of a member of a map, the first line of an
 * item of a list.
 */
export function nodeAt(
  yaml: Yaml,
  document: Document<ParsedNode>,
  path: readonly string[],
): Node | undefined {
  let value: unknown = document.contents;
  let place: unknown = value;
  for (const key of path) {
    const pair = step(yaml, document, value, key);
    if (pair === undefined) return undefined;
    ({ place, value } = pair);
  }
  return yaml.isNode(place) ? place : undefined;
}

interface Step {
  /** The node whose position is reported. */
  readonly place: unknown;
  readonly value: unknown;
}

function step(yaml: Yaml, document: Document<ParsedNode>, node: unknown, key: string): Step | undefined {
  const parent = yaml.isAlias(node) ? node.resolve(document) : node;
  if (yaml.isSeq(parent)) {
    const item = parent.items[Number(key)];
    return item === undefined ? undefined : { place: item, value: item };
  }
  if (!yaml.isMap(parent)) return undefined;
  const merged: unknown[] = [];
  for (const { key: name, value } of parent.items) {
    if (!yaml.isScalar(name)) continue;
    if (isMergeKey(name.value)) merged.push(value);
    else if (String(name.value ?? "") === key) return { place: name, value };
  }
  for (const source of merged) {
    const sources = yaml.isSeq(source) ? source.items : [source];
    for (const each of sources) {
      const found = step(yaml, document, each, key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isMergeKey(value: unknown): boolean {
  return value === "<<" || typeof value === "symbol";
}
