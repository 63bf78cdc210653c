// Each alert on samples that are made up, judged by promtool. Deno only: it starts a tool.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prometheusRules } from "@glam/shared/ops";
import { parse } from "yaml";
import { type AlertCase, CASES } from "./_alert_cases.ts";
import { checkRules, type ExpectedAlert, testRules } from "../_support/promtool_rules.ts";

interface Rule {
  readonly alert?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

const yaml = prometheusRules({ memoryLimitBytes: 1e9 });
const rules = (parse(yaml) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups
  .flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);

function expected({ alert, labels, summary }: AlertCase): ExpectedAlert {
  const rule = alerts.find((rule) => rule.alert === alert)!;
  return {
    exp_labels: { ...labels, severity: rule.labels["severity"]! },
    exp_annotations: { ...rule.annotations, summary },
  };
}

describe("prometheusRules", () => {
  it("has a case for each alert", () => {
    assert.deepEqual(
      [...new Set(CASES.map(({ alert }) => alert))].sort(),
      alerts.map(({ alert }) => alert!).sort(),
    );
  });

  for (const each of CASES) {
    const { alert, when, series, interval = "30s", before, at, also = [], not } = each;
    it(`fires ${alert} alone when ${when}, not earlier, and not when ${not.when}`, async () => {
      const never = (eval_time: string) => (alertname: string) => ({ alertname, eval_time, exp_alerts: [] });
      const others = alerts.map((rule) => rule.alert!).filter((name) =>
        name !== alert && !also.includes(name)
      );
      const fires = { alertname: alert, eval_time: at, exp_alerts: [expected(each)] };
      const early = before === undefined ? [] : [never(before)(alert)];
      const tests = [
        { series, interval, alerts: [fires, ...early, ...others.map(never(at))] },
        { series: not.series, interval, alerts: [never(not.at)(alert)] },
      ];
      assert.equal(await testRules(yaml, tests), "");
    });
  }

  it("passes promtool, for one service and for all, two services side by side", async () => {
    for (const service of [undefined, "catalog", 'odd "name"\\']) {
      assert.equal(await checkRules(prometheusRules({ service })), "");
    }
    const strict = prometheusRules({ service: "orders", objectives: { availability: 0.99999 } });
    const both = parse(prometheusRules({ service: "catalog" })) as { groups: { name: string }[] };
    for (const group of (parse(strict) as typeof both).groups) {
      both.groups.push({ ...group, name: `orders-${group.name}` });
    }
    const series = {
      'http_requests_total{service="catalog",endpoint="/a",status="200"}': "0+9999x240",
      'http_requests_total{service="catalog",endpoint="/a",status="500"}': "0+1x240",
      'http_requests_total{service="orders",endpoint="/a",status="200"}': "0+9990x240",
      'http_requests_total{service="orders",endpoint="/a",status="500"}': "0+10x240",
    };
    const alertname = "GlamErrorBudgetBurnFast";
    const summary = "orders fails 0.1% of its requests";
    const found = await testRules(JSON.stringify(both), [{
      series,
      interval: "30s",
      alerts: [{
        alertname,
        eval_time: "1h",
        exp_alerts: [{
          exp_labels: { service: "orders", severity: "page" },
          exp_annotations: {
            ...alerts.find((rule) => rule.alert === alertname)!.annotations,
            description:
              "The objective is that 99.999 % of requests within 30 days are answered without a 5xx. At this rate the budget is used up early.",
            summary,
          },
        }],
      }],
    }]);
    assert.equal(found, "");
  });

  it("is judged by tests that can fail", async () => {
    const [first] = CASES;
    const test = { series: first!.series, interval: "30s" };
    const wrong = { alertname: first!.alert, eval_time: first!.at, exp_alerts: [] };
    assert.match(await testRules(yaml, [{ ...test, alerts: [wrong] }]), /GlamErrorBudgetBurnFast/);
    assert.match(await checkRules(yaml.replace("sum by (service)", "sum by service")), /parse error/);
  });
});
