import type { Document, ParsedNode } from "yaml";
import { MAX_DEPTH, MAX_VALUES, TOO_DEEP } from "./_limits.ts";
import type { TextProblem } from "./_text_problem.ts";

type Yaml = typeof import("yaml");

interface Anchor {
  size: number;
  /** Whether its node is still being counted. An alias to it is then circular. */
  open: boolean;
}

/**
 * The first alias without an anchor, circular alias, alias bomb ("billion laughs"), or node that is nested too deep.
 */
export function checkAliases(
  yaml: Yaml,
  document: Document<ParsedNode>,
  lineAt: (offset: number | undefined) => number | undefined,
): TextProblem[] {
  const anchors = new Map<string, Anchor>();

  function count(node: unknown, depth: number): number {
    if (yaml.isPair(node)) return count(node.key, depth) + count(node.value, depth);
    if (yaml.isAlias(node)) {
      const anchor = anchors.get(node.source);
      if (anchor === undefined) throw problem(node, "the alias has no anchor before it");
      if (anchor.open) throw problem(node, "the alias contains itself");
      return anchor.size;
    }
    if (!yaml.isNode(node)) return 1;
    const anchor = { size: 1, open: true };
    if (yaml.isScalar(node) || yaml.isCollection(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, anchor);
    }
    if (yaml.isCollection(node)) {
      if (depth > MAX_DEPTH) throw problem(node, TOO_DEEP);
      for (const item of node.items) {
        anchor.size += count(item, depth + 1);
        if (anchor.size > MAX_VALUES) {
          throw problem(
            yaml.isPair(item) ? item.value : item,
            `aliases make more than ${MAX_VALUES} values of it`,
          );
        }
      }
    }
    anchor.open = false;
    return anchor.size;
  }

  function problem(node: unknown, message: string): Found {
    const range = yaml.isNode(node) ? node.range : undefined;
    return new Found({ line: lineAt(range?.[0]), message });
  }

  try {
    count(document.contents, 0);
    return [];
  } catch (error) {
    if (error instanceof Found) return [error.problem];
    throw error;
  }
}

/** Thrown to end the recursion. */
class Found extends Error {
  readonly problem: TextProblem;

  constructor(problem: TextProblem) {
    super(problem.message);
    this.problem = problem;
  }
}
