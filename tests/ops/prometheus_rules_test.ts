import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prometheusRules, type PrometheusRulesOptions } from "@glam/shared/ops";
import { parse } from "yaml";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

function rulesOf(options?: PrometheusRulesOptions): Rule[] {
  return (parse(prometheusRules(options)) as RuleFile).groups.flatMap(({ rules }) => rules);
}

function alertsOf(options?: PrometheusRulesOptions): Rule[] {
  return rulesOf(options).filter(({ alert }) => alert !== undefined);
}

describe("prometheusRules", () => {
  it("gives each alert a severity, a summary, a description, and a runbook that has its name", () => {
    for (const { alert, labels, annotations } of alertsOf({ memoryLimitBytes: 1e9 })) {
      assert.match(labels["severity"]!, /^(page|ticket)$/);
      assert.deepEqual(Object.keys(annotations), ["summary", "description", "runbook_url"]);
      assert.equal(
        annotations["runbook_url"],
        `https://github.com/glam/shared/blob/main/docs/operations.md#${alert!.toLowerCase()}`,
      );
    }
  });

  it("records series whose names have no service, so that the rules of two can be loaded side by side", () => {
    for (const { record, expr } of rulesOf({ service: "catalog" })) {
      if (record === undefined) continue;
      assert.doesNotMatch(record, /catalog/);
      assert.match(expr, /service="catalog"/);
    }
  });

  it("selects the service in every expression, and gives its name to each alert", () => {
    for (const { alert, expr } of rulesOf({ service: "catalog", memoryLimitBytes: 1e9 })) {
      assert.match(expr, /service="catalog"/);
      if (alert === undefined || /by \([^)]*service[,)]|glam:/.test(expr)) continue;
      assert.match(expr, /^label_replace\([^]*,\n {2}"service", "catalog", "", ""\n\)$/, alert);
    }
  });

  it("puts objectives, severities, labels and the runbook where they belong", () => {
    const alerts = alertsOf({
      objectives: { availability: 0.99, latency: { seconds: 1, ratio: 0.95 } },
      minFailures: 3,
      runbookUrl: "https://wiki.example.com/runbook",
      severities: { page: "critical" },
      labels: { team: "shop" },
    });
    const find = (name: string) => alerts.find(({ alert }) => alert === name)!;
    const fast = find("GlamErrorBudgetBurnFast");
    assert.match(fast.expr, /> 14\.4 \* 0\.01\n/);
    assert.match(fast.expr, />= 3\n/);
    assert.deepEqual(fast.labels, { team: "shop", severity: "critical" });
    assert.equal(
      fast.annotations["runbook_url"],
      "https://wiki.example.com/runbook#glamerrorbudgetburnfast",
    );
    assert.equal(find("GlamErrorBudgetBurnSlow").labels["severity"], "ticket");
    assert.match(find("GlamLatencyBudgetBurnFast").annotations["description"]!, /95 % .* within 1 s/);
    const slow = rulesOf({ objectives: { latency: { seconds: 1, ratio: 0.95 } } })
      .find(({ record }) => record === "glam:http_slow:rate5m")!;
    assert.match(slow.expr, /le="1\.0"/);
  });

  it("has no alert of latency and memory that was not asked for", () => {
    const names = alertsOf({ objectives: { latency: false } }).map(({ alert }) => alert);
    assert.ok(names.includes("GlamErrorBudgetBurnFast"));
    assert.deepEqual(names.filter((name) => /Latency|Memory/.test(name!)), []);
  });

  it("refuses options that are not what they have to be", () => {
    const refused: [PrometheusRulesOptions, RegExp][] = [
      [{ service: "" }, /^TypeError: Expected `service` to be a text, got ""$/],
      [
        { objectives: { availability: 99.9 } },
        /^RangeError: Expected `objectives\.availability` .* got 99\.9$/,
      ],
      [{ objectives: { availability: 1 } }, /^RangeError: Expected `objectives\.availability`/],
      [
        { objectives: { latency: { seconds: 0.3, ratio: 0.99 } } },
        /^RangeError: Expected `objectives\.latency\.seconds` to be a bound of the buckets, .*0\.25, .* got 0\.3$/,
      ],
      [{ objectives: { latency: { seconds: 0.25, ratio: 0.5 } } }, /^RangeError: .*latency\.ratio/],
      [{ minFailures: -1 }, /^RangeError: Expected `minFailures`/],
      [{ memoryLimitBytes: 0 }, /^RangeError: Expected `memoryLimitBytes`/],
      [{ runbookUrl: "" }, /^TypeError: Expected `runbookUrl`/],
      [{ severities: { page: "" } }, /^TypeError: Expected `severities\.page`/],
      [
        { labels: { severity: "x" } },
        /^TypeError: Expected `labels` to have names of labels other than severity/,
      ],
      [{ labels: { "a-b": "x" } }, /^TypeError: Expected `labels`/],
    ];
    for (const [options, message] of refused) {
      assert.throws(() => prometheusRules(options), (error) => message.test(String(error)), String(message));
    }
    const buckets = [0.3, 1];
    assert.doesNotThrow(() =>
      prometheusRules({ buckets, objectives: { latency: { seconds: 0.3, ratio: 0.99 } } })
    );
  });
});
