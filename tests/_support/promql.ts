/**
 * Reads expressions of PromQL with the grammar of Prometheus' own editor.
 *
 * @module
 */
import { parser } from "@prometheus-io/lezer-promql";

/** One series selector: `http_requests_total{status=~"5.."}`. */
export interface SeriesSelector {
  readonly metric: string;
  /** The labels of its matchers. */
  readonly labels: readonly string[];
}

/** What an expression names. */
export interface PromqlNames {
  readonly selectors: readonly SeriesSelector[];
  /** The labels that results are grouped, matched or joined by. */
  readonly grouping: readonly string[];
}

/**
 * The names in an expression.
 *
 * @throws {SyntaxError} when it is none.
 */
export function namesIn(expression: string): PromqlNames {
  const selectors: { metric: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  const textOf = ({ from, to }: { from: number; to: number }) => expression.slice(from, to);
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) {
        throw new SyntaxError(`Not PromQL at character ${node.from}: ${expression}`);
      }
      const { parent } = node.node;
      if (node.name === "VectorSelector") {
        const name = node.node.getChild("Identifier");
        selectors.push({ metric: name === null ? "" : textOf(name), labels: [] });
      } else if (node.name === "LabelName" && parent?.name === "GroupingLabels") {
        grouping.push(textOf(node));
      } else if (node.name === "LabelName") {
        selectors.at(-1)!.labels.push(textOf(node));
      }
    },
  });
  return { selectors, grouping };
}
