import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { grafanaDashboard, prometheusRules } from "@glam/shared/ops";
import { parse } from "yaml";
import type { Family } from "../_support/exposition.ts";
import { namesIn } from "../_support/promql.ts";
import { sickFamilies } from "./_sick_families.ts";

/** What Prometheus adds itself. */
const OF_PROMETHEUS: Readonly<Record<string, readonly string[]>> = { up: [] };
const TARGET_LABELS = ["job", "instance"];

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

const { groups } = parse(prometheusRules({ memoryLimitBytes: 1e9 })) as RuleFile;
const rules = groups.flatMap(({ rules }) => rules);

/** The expressions of the dashboard, and those of its variables. */
function dashboardExpressions(): string[] {
  const { panels, templating } = grafanaDashboard();
  const targets = (panels as { readonly targets?: readonly { readonly expr: string }[] }[])
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "1m")));
  const variables = (templating.list as { readonly query: { readonly query?: string } }[]).flatMap(
    ({ query }) => {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(query.query ?? "") ?? [];
      return selector === undefined ? [] : [`count by (${label}) (${selector})`];
    },
  );
  return [...targets, ...variables];
}

describe("the metrics of a service with every part", () => {
  let families: Family[];
  before(async () => {
    families = await sickFamilies();
  });

  /** The labels of each metric, by the names that its samples have. */
  function shown(): Map<string, Set<string>> {
    const labels = new Map<string, Set<string>>();
    for (const sample of families.flatMap(({ samples }) => samples)) {
      const known = labels.get(sample.name) ?? new Set(TARGET_LABELS);
      for (const name of sample.labels.keys()) known.add(name);
      labels.set(sample.name, known);
    }
    for (const [name, own] of Object.entries(OF_PROMETHEUS)) {
      labels.set(name, new Set([...own, ...TARGET_LABELS]));
    }
    for (const { record } of rules) if (record !== undefined) labels.set(record, new Set(["service"]));
    return labels;
  }

  function assertKnown(expression: string): void {
    const { selectors, grouping } = namesIn(expression);
    const known = shown();
    assert.ok(selectors.length > 0, expression);
    const all = new Set<string>();
    for (const { metric, labels } of selectors) {
      const own = known.get(metric);
      assert.ok(own, `${metric} is a metric of the service: ${expression}`);
      for (const label of labels) {
        assert.ok(own.has(label), `${metric} has the label ${label}: ${expression}`);
      }
      for (const label of own) all.add(label);
    }
    for (const label of grouping) assert.ok(all.has(label), `${label} is a label of a metric: ${expression}`);
  }

  it("have every name and label that the rules ask for", () => {
    for (const { expr } of rules) assertKnown(expr);
    for (const { expr } of (parse(prometheusRules({ service: "shop" })) as RuleFile).groups[0]!.rules) {
      assertKnown(expr);
    }
  });

  it("have every name and label that the dashboard asks for", () => {
    const expressions = dashboardExpressions();
    assert.ok(expressions.length > 40);
    for (const expression of expressions) assertKnown(expression);
  });

  it("are all on the dashboard or in an alert, but for those of prom-client", () => {
    const used = new Set(
      [...rules.map(({ expr }) => expr), ...dashboardExpressions()]
        .flatMap((expression) => namesIn(expression).selectors.map(({ metric }) => metric)),
    );
    const unused = families.map(({ name }) => name).filter((name) =>
      !/^(process|nodejs)_|^shop_stock$/.test(name) &&
      !["", "_bucket", "_count", "_sum"].some((suffix) => used.has(name + suffix))
    );
    assert.deepEqual(unused, []);
  });
});
