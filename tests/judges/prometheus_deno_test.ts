// A real Prometheus scrapes the example under load and a service with something wrong in each part, and then loses the
// database of the example and the example. Deno only: it starts servers.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectNats } from "@glam/shared/messaging";
import { grafanaDashboard, prometheusRules } from "@glam/shared/ops";
import type { RunningChild } from "../_support/child_process.ts";
import { demoHeaders, startCredits, urlOf } from "../_support/credits_example.ts";
import { startNats } from "../_support/nats_server.ts";
import { type PostgresServer, startPostgres } from "../_support/postgres_server.ts";
import { type ActiveAlert, type PrometheusServer, startPrometheus } from "../_support/prometheus_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { startSickService } from "../ops/_sick_service.ts";

/** Hours as seconds. Prometheus scrapes each second, so that the shortest window has several samples. */
const QUICK: Readonly<Record<string, string>> = {
  "1m": "4s",
  "2m": "4s",
  "5m": "6s",
  "10m": "8s",
  "15m": "10s",
  "30m": "12s",
  "1h": "15s",
  "2h": "16s",
  "6h": "18s",
  "1d": "20s",
  "3d": "22s",
};

/** How long an alert has to hold, in the same quick motion. */
const QUICK_FOR: Readonly<Record<string, string>> = {
  "2m": "1s",
  "5m": "5s",
  "10m": "5s",
  "1h": "5s",
  "1d": "5s",
};

/** The rules in quick motion: windows, how long an alert has to hold, and the times that an expression has in seconds. */
function quicken(rules: string): string {
  const lookUp = (table: Readonly<Record<string, string>>, text: string) => {
    assert.ok(table[text], `${text} has a quick counterpart`);
    return table[text];
  };
  return rules
    .replace(/\[(\d+[mhd])\]/g, (_, window) => `[${lookUp(QUICK, window)}]`)
    .replace(/offset (\d+[mhd])/g, (_, window) => `offset ${lookUp(QUICK, window)}`)
    .replace(/^( +for: )(\d+[mhd])$/gm, (_, key, time) => key + lookUp(QUICK_FOR, time))
    .replace(/(outbox_oldest_age_seconds.*\) > )60\b/g, (_, compared) => `${compared}5`)
    // A busy machine is late by itself.
    .replace(/(nodejs_eventloop_lag_seconds\[.*\) > )0\.2\b/, (_, compared) => `${compared}5`)
    .replace(/> 600$/gm, "> 6");
}

/** What is wrong with the sick service, by the label that tells. */
const SICK: readonly (readonly [alert: string, label?: string])[] = [
  ["GlamErrorBudgetBurnFast"],
  ["GlamErrorBudgetBurnSlow"],
  ["GlamLatencyBudgetBurnFast"],
  ["GlamLatencyBudgetBurnSlow"],
  ["GlamVersionsMixed"],
  ["GlamMemoryHigh"],
  ["GlamMetricsMissing", "shop_stock"],
  ["GlamRateLimitUnchecked"],
  ["GlamMessagesExpired", "slow"],
  ["GlamListenerSilent", "hung"],
  ["GlamListenerLagging", "slow"],
  ["GlamHandlersFailing", "flaky"],
  ["GlamDeadLetters", "bad"],
  ["GlamDeadLettersMany", "bad"],
  ["GlamDeadLettersWaiting"],
  ["GlamPublishFailing", "unavailable"],
  ["GlamOutboxStuck", "stuck_outbox"],
  ["GlamOutboxLate", "late_outbox"],
  ["GlamOutboxDead", "hopeless_outbox"],
  ["GlamScheduleFailed", "failing"],
  ["GlamDatabaseErrors"],
  ["GlamPoolWaiting"],
  ["GlamCircuitOpen", "down"],
  ["GlamClientErrors", "shaky"],
];

describe("a Prometheus with the alerts", () => {
  const parts = new AsyncDisposableStack();
  let prometheus: PrometheusServer;
  let postgres: PostgresServer;
  let credits: RunningChild;
  let instance: string;
  let shop: string;
  const stop = new AbortController();
  /** All alerts that have fired so far. */
  const seen = new Map<string, ActiveAlert>();

  before(async () => {
    postgres = parts.use(await startPostgres());
    const nats = parts.use(await startNats());
    const [{ user, pass }, limited] = [nats.account(), nats.account()];
    credits = parts.use(startCredits({
      DATABASE_URL: postgres.url,
      NATS_SERVERS: nats.url,
      NATS_USER: user,
      NATS_PASSWORD: pass,
      CREDITS_MIGRATE: "up",
    }));
    const url = await urlOf(credits);
    const bus = parts.use(
      await connectNats({ servers: nats.url, ...limited, streams: { events: { maxMessages: 500 } } }),
    );
    const sick = parts.use(await startSickService({ database: { url: postgres.url }, bus }));
    parts.defer(() => postgres.restart()); // what the sick service made there is removed
    [instance, shop] = [new URL(url).host, new URL(sick.url).host];
    prometheus = parts.use(
      await startPrometheus({
        // A healthy service on a busy machine may be slow.
        rules: [
          prometheusRules({ service: "credits", objectives: { latency: { seconds: 10, ratio: 0.99 } } }),
          prometheusRules({ service: "shop", memoryLimitBytes: 1000 }),
        ].map(quicken),
        targets: [instance, shop],
        scrapeInterval: "1s",
        evaluationInterval: "500ms",
      }),
    );
    void useCredits(url, demoHeaders(credits), stop.signal);
  });
  after(async () => {
    stop.abort();
    await parts.disposeAsync();
  });

  const ofCredits = ({ labels }: ActiveAlert) =>
    labels["service"] === "credits" || labels["instance"] === instance;
  const isThere = (alert: string, label?: string) => (each: ActiveAlert) =>
    each.labels["alertname"] === alert && (label === undefined || Object.values(each.labels).includes(label));
  const firing = async () => {
    const alerts = await prometheus.firing();
    for (const alert of alerts) seen.set(JSON.stringify(alert.labels), alert);
    return alerts;
  };
  const namesOf = (alerts: readonly ActiveAlert[]) =>
    [...new Set(alerts.map(({ labels }) => labels["alertname"]!))].sort();

  it("fires each alert of what is wrong with a service, no other one, and none of the service beside it", async () => {
    const missing = () =>
      SICK.filter(([alert, label]) => ![...seen.values()].some(isThere(alert, label))).map(String);
    await waitFor(async () => {
      await firing();
      return missing().length === 0;
    }, () => `${missing()} fire`);
    assert.deepEqual([...seen.values()].filter(ofCredits), []);
    assert.deepEqual(
      namesOf([...seen.values()]).filter((name) => !SICK.some(([alert]) => alert === name)),
      [],
    );
    assert.deepEqual(await prometheus.failedRules(), []);
    const answered =
      'sum(rate(http_requests_total{service="credits",endpoint=~".*/ledger",status="200"}[10s])) > 0';
    assert.equal((await prometheus.query(answered)).length, 1, "the example is under load");
  });

  it("gives data to every query of the dashboard, and to its variables", async () => {
    assert.deepEqual(await prometheus.labelValues("service", "http_requests_in_progress"), [
      "credits",
      "shop",
    ]);
    const { panels } = grafanaDashboard();
    for (const { title, targets = [] } of panels as { title: string; targets?: { expr: string }[] }[]) {
      for (const { expr } of targets) {
        const query = expr.replaceAll("$__rate_interval", "10s").replaceAll(/\$(service|endpoint)/g, ".*");
        assert.notDeepEqual(await prometheus.query(query), [], `${title}: ${query}`);
      }
    }
  });

  it("fires those of a service that has lost its database", async () => {
    seen.clear();
    await postgres.kill9();
    await waitFor(async () => {
      const names = namesOf((await firing()).filter(ofCredits));
      return ["GlamDatabaseDown", "GlamErrorBudgetBurnFast"].every((name) => names.includes(name));
    }, () => `the database is missed, beside ${namesOf([...seen.values()].filter(ofCredits))}`);
    assert.deepEqual(namesOf([...seen.values()].filter(ofCredits)), [
      "GlamDatabaseDown",
      "GlamErrorBudgetBurnFast",
      "GlamErrorBudgetBurnSlow",
    ]);
  });

  it("fires those of a service that is gone", async () => {
    credits.signal("SIGKILL");
    await waitFor(async () => {
      const alerts = await firing();
      return alerts.some(isThere("GlamServiceDown", "credits")) &&
        alerts.some(isThere("GlamInstanceDown", instance));
    }, "the service is missed");
  });
});

/** Asks for the demo merchant, its ledger and its usage, and takes credits from it, each a few times a second. */
async function useCredits(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const merchant = `${url}/api/v1/merchants/demo`;
  const json = { ...headers, "Content-Type": "application/json" };
  const deduct = { method: "POST", headers: json, body: '{"amount": 1}' };
  const requests: [path: string, init?: RequestInit][] = [
    [""],
    ["/ledger?limit=1"],
    ["/usage"],
    ["/credits/deduct", deduct],
    ["/nothing/here"],
  ];
  while (!signal.aborted) {
    for (const [path, init] of requests) {
      await fetch(merchant + path, { headers, ...init, signal }).then((response) => response.arrayBuffer())
        .catch(
          () => {},
        );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
