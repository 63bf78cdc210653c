import type { InputSeries } from "../_support/promtool_rules.ts";

/** Samples that make an alert fire, and samples that look like it and must not. */
export interface AlertCase {
  readonly alert: string;
  /** What happens, in the words of a test's name. */
  readonly when: string;
  readonly series: InputSeries;
  /** How far apart the samples are; `30s` when absent. */
  readonly interval?: string;
  /** When it does not fire yet. */
  readonly before?: string;
  /** When it fires. */
  readonly at: string;
  /** The labels beside `severity`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Other alerts that the same samples bring about. */
  readonly also?: readonly string[];
  readonly not: { readonly when: string; readonly series: InputSeries; readonly at: string };
}

const requests = (status: string, endpoint = "/items/{id}") =>
  `http_requests_total{service="catalog",method="GET",endpoint="${endpoint}",status="${status}"}`;
const timed = (suffix: string, endpoint = "/items/{id}") => {
  const [name, le] = suffix.split(" ");
  const bound = le === undefined ? "" : `,le="${le}"`;
  return `http_request_duration_seconds_${name}{service="catalog",method="GET",endpoint="${endpoint}"${bound}}`;
};
const inProgress = (instance: string) =>
  `http_requests_in_progress{service="catalog",job="services",instance="${instance}"}`;
const up = (instance: string) => `up{job="services",instance="${instance}"}`;
const ofSource = (name: string, more = "") =>
  `${name}{service="credits",queue_group="usage",subject="evt.credit.deducted.v1"${more}}`;
const consumed = (outcome: string) => ofSource("messaging_consumed_total", `,outcome="${outcome}"`);
const ofTable = (name: string, more = "") => `${name}{service="credits",table="glam_outbox"${more}}`;
const ofDatabase = (name: string, more = "") => `${name}{service="credits",database="app"${more}}`;
const ofSchedule = (name: string, more = "") => `${name}{service="catalog",schedule="nightly-sync"${more}}`;
const statements = ofDatabase("db_query_duration_seconds_count", ',operation="SELECT",table="items"');
const calls = (status: string) =>
  `http_client_requests_total{service="orders",target="credits",endpoint="GetMerchant",status="${status}"}`;
const ofProcess = (name: string) => `${name}{job="services",instance="a:80"}`;

const catalog = { service: "catalog" };
const source = { service: "credits", queue_group: "usage", subject: "evt.credit.deducted.v1" };
const table = { service: "credits", table: "glam_outbox" };
const database = { service: "credits", database: "app" };
const instance = { job: "services", instance: "a:80" };

/** The cases, at least one for each alert. */
export const CASES: readonly AlertCase[] = [
  {
    alert: "GlamErrorBudgetBurnFast",
    when: "2 % of requests fail for half an hour, behind a scanner's 404s",
    series: {
      [requests("200")]: "0+100x40 4098+98x120",
      [requests("500")]: "0x40 2+2x120",
      [requests("404", "unmatched")]: "0+1000x160",
    },
    before: "20m",
    at: "50m",
    labels: catalog,
    summary: "catalog fails 1.2% of its requests",
    also: ["GlamErrorBudgetBurnSlow"],
    not: {
      when: "no request fails, and there is no series of a 5xx",
      series: { [requests("200")]: "0+98x240" },
      at: "20m",
    },
  },
  {
    alert: "GlamErrorBudgetBurnFast",
    when: "1 % of requests fail for hours",
    series: { [requests("200")]: "0+990x240", [requests("500")]: "0+10x240" },
    interval: "1m",
    at: "2h",
    labels: catalog,
    summary: "catalog fails 1% of its requests",
    also: ["GlamErrorBudgetBurnSlow"],
    not: {
      when: "probes fail, callers are wrong, or wait no longer",
      series: {
        [requests("200")]: "0+98x240",
        [requests("503", "/health/ready")]: "0+50x240",
        [requests("404", "unmatched")]: "0+50x240",
        [requests("504")]: "0+5x240",
        'http_caller_deadlines_total{service="catalog"}': "0+5x240",
      },
      at: "20m",
    },
  },
  {
    alert: "GlamErrorBudgetBurnFast",
    when: "a service with a request a minute fails all of them",
    series: { [requests("500")]: "0+1x60" },
    interval: "1m",
    before: "6m",
    at: "20m",
    labels: catalog,
    summary: "catalog fails 100% of its requests",
    also: ["GlamErrorBudgetBurnSlow"],
    not: {
      when: "one of the few requests at night fails",
      series: { [requests("200")]: "0x20 1x20 2x20 3x60", [requests("500")]: "0x40 1x80" },
      at: "45m",
    },
  },
  {
    alert: "GlamErrorBudgetBurnSlow",
    when: "0.4 % of requests fail for hours",
    series: { [requests("200")]: "0+996x240", [requests("500")]: "0+4x240" },
    interval: "1m",
    at: "3h",
    labels: catalog,
    summary: "catalog fails 0.4% of its requests",
    not: {
      when: "0.05 % fail",
      series: { [requests("200")]: "0+9995x240", [requests("500")]: "0+5x240" },
      at: "3h",
    },
  },
  {
    alert: "GlamErrorBudgetBurnSlow",
    when: "0.2 % of requests fail for days",
    series: { [requests("200")]: "0+998x400", [requests("500")]: "0+2x400" },
    interval: "10m",
    at: "40h",
    labels: catalog,
    summary: "catalog fails 0.2% of its requests",
    not: {
      when: "the errors have ended",
      series: { [requests("200")]: "0+996x200", [requests("500")]: "0+4x60 240x140" },
      at: "18h",
    },
  },
  {
    alert: "GlamLatencyBudgetBurnFast",
    when: "20 % of requests are slow for an hour",
    series: { [timed("count")]: "0+100x240", [timed("bucket 0.25")]: "0+100x40 4080+80x200" },
    before: "20m",
    at: "1h10m",
    labels: catalog,
    summary: "catalog answers 16.67% of its requests later than 0.25 s",
    also: ["GlamLatencyBudgetBurnSlow"],
    not: {
      when: "0.5 % are slow, and probes hang",
      series: {
        [timed("count")]: "0+1000x240",
        [timed("bucket 0.25")]: "0+995x240",
        [timed("count", "/health/ready")]: "0+100x240",
        [timed("bucket 0.25", "/health/ready")]: "0x240",
      },
      at: "20m",
    },
  },
  {
    alert: "GlamLatencyBudgetBurnSlow",
    when: "5 % of requests are slow for hours",
    series: { [timed("count")]: "0+100x240", [timed("bucket 0.25")]: "0+95x240" },
    interval: "1m",
    at: "3h",
    labels: catalog,
    summary: "catalog answers 5% of its requests later than 0.25 s",
    not: {
      when: "0.5 % are slow",
      series: { [timed("count")]: "0+1000x240", [timed("bucket 0.25")]: "0+995x240" },
      at: "3h",
    },
  },
  {
    alert: "GlamServiceDown",
    when: "no instance of a service can be scraped for 2 minutes",
    series: { [inProgress("a:80")]: "0x10 stale", [inProgress("b:80")]: "0x10 stale" },
    before: "7m",
    at: "8m",
    labels: catalog,
    summary: "No instance of catalog answers Prometheus",
    not: {
      when: "one of two instances is left",
      series: { [inProgress("a:80")]: "0x10 stale", [inProgress("b:80")]: "0x40" },
      at: "15m",
    },
  },
  {
    alert: "GlamInstanceDown",
    when: "one of two instances cannot be scraped for 5 minutes",
    series: {
      [inProgress("a:80")]: "0x10 stale",
      [inProgress("b:80")]: "0x40",
      [up("a:80")]: "1x10 0x30",
      [up("b:80")]: "1x40",
    },
    before: "10m",
    at: "11m",
    labels: { ...catalog, ...instance },
    summary: "a:80 of catalog does not answer Prometheus",
    not: {
      when: "an instance is gone for good, as in a deployment, or is no service of the fleet",
      series: {
        [inProgress("a:80")]: "0x10 stale",
        [inProgress("b:80")]: "0x40",
        [up("a:80")]: "1x10 stale",
        [up("node:9100")]: "0x40",
      },
      at: "15m",
    },
  },
  {
    alert: "GlamRestarting",
    when: "a process is started three times within half an hour",
    series: { [ofProcess("process_start_time_seconds")]: "1x10 2x9 3x9 4x30" },
    before: "10m",
    at: "16m",
    labels: instance,
    summary: "a:80 was started 3 times within 30 minutes",
    not: {
      when: "it is restarted once",
      series: { [ofProcess("process_start_time_seconds")]: "1x10 2x50" },
      at: "16m",
    },
  },
  {
    alert: "GlamVersionsMixed",
    when: "an old version is left for an hour",
    series: {
      'glam_build_info{service="catalog",version="1.0.0",runtime="deno 2.5.6",package="0.2.0",instance="a"}':
        "1x20",
      'glam_build_info{service="catalog",version="1.1.0",runtime="deno 2.5.6",package="0.2.0",instance="b"}':
        "1x20",
    },
    interval: "5m",
    before: "55m",
    at: "65m",
    labels: catalog,
    summary: "2 versions of catalog run at once",
    not: {
      when: "it is replaced within half an hour, and another service has another version",
      series: {
        'glam_build_info{service="catalog",version="1.0.0",runtime="deno 2.5.6",package="0.2.0",instance="a"}':
          "1x5 stale",
        'glam_build_info{service="catalog",version="1.1.0",runtime="deno 2.5.6",package="0.2.0",instance="b"}':
          "1x20",
        'glam_build_info{service="orders",version="3.0.0",runtime="deno 2.5.6",package="0.2.0",instance="c"}':
          "1x20",
      },
      at: "65m",
    },
  },
  {
    alert: "GlamEventLoopBlocked",
    when: "the event loop is half a second late for minutes",
    series: { [ofProcess("nodejs_eventloop_lag_seconds")]: "0.5x60" },
    before: "4m",
    at: "12m",
    labels: instance,
    summary: "The event loop of a:80 is 500ms late",
    not: {
      when: "it is late once",
      series: { [ofProcess("nodejs_eventloop_lag_seconds")]: "0x10 3 0x50" },
      at: "12m",
    },
  },
  {
    alert: "GlamMemoryHigh",
    when: "a process has used more than 90 % of its memory for 10 minutes",
    series: { [ofProcess("process_resident_memory_bytes")]: "950000000x60" },
    before: "9m",
    at: "11m",
    labels: instance,
    summary: "a:80 uses 906MiB of memory",
    not: {
      when: "it uses 80 %",
      series: { [ofProcess("process_resident_memory_bytes")]: "800000000x60" },
      at: "15m",
    },
  },
  {
    alert: "GlamMetricsMissing",
    when: "a collector fails for the first time",
    series: {
      'metrics_collector_failures_total{job="services",instance="a:80",metric="queue_depth",reason="timeout"}':
        "_x10 1x20",
    },
    before: "4m",
    at: "6m",
    labels: { ...instance, metric: "queue_depth", reason: "timeout" },
    summary: "a:80 cannot show the metric queue_depth",
    not: {
      when: "its failures are of the past",
      series: {
        'metrics_collector_failures_total{job="services",instance="a:80",metric="queue_depth",reason="timeout"}':
          "0 1 2 3x60",
      },
      at: "25m",
    },
  },
  {
    alert: "GlamRateLimitUnchecked",
    when: "the store of a rate limit fails for minutes",
    series: { 'rate_limit_store_errors_total{service="catalog",instance="a"}': "0x10 1+1x20" },
    before: "6m",
    at: "9m",
    labels: catalog,
    summary: "The rate limit of catalog does not reach its store",
    not: {
      when: "it failed a while ago",
      series: { 'rate_limit_store_errors_total{service="catalog",instance="a"}': "0 3x40" },
      at: "9m",
    },
  },
  {
    alert: "GlamMessagesExpired",
    when: "a stream has dropped events, as two replicas have seen",
    series: {
      [ofSource("messages_expired_total", ',instance="a"')]: "0x10 40x20",
      [ofSource("messages_expired_total", ',instance="b"')]: "_x10 40x20",
    },
    before: "4m",
    at: "6m",
    labels: source,
    summary: "usage of credits lost 40 events of evt.credit.deducted.v1",
    not: {
      when: "that was half an hour ago",
      series: { [ofSource("messages_expired_total")]: "0x10 40x130" },
      at: "35m",
    },
  },
  {
    alert: "GlamListenerSilent",
    when: "events wait and none is handled for 10 minutes",
    series: { [ofSource("messaging_consumer_lag")]: "7x80", [consumed("ok")]: "0+5x10 50x70" },
    before: "20m",
    at: "27m",
    labels: source,
    summary: "usage of credits handles none of 7 events of evt.credit.deducted.v1",
    not: {
      when: "there is nothing to handle",
      series: { [ofSource("messaging_consumer_lag")]: "0x80", [consumed("ok")]: "50x80" },
      at: "30m",
    },
  },
  {
    alert: "GlamListenerPaused",
    when: "one of two instances has been paused for an hour",
    series: {
      [ofSource("messaging_listener_paused", ',instance="a"')]: "1x20",
      [ofSource("messaging_listener_paused", ',instance="b"')]: "0x20",
    },
    interval: "5m",
    before: "55m",
    at: "65m",
    labels: source,
    summary: "usage of credits has been paused for an hour",
    not: {
      when: "it is resumed after half an hour",
      series: { [ofSource("messaging_listener_paused")]: "1x6 0x14" },
      at: "65m",
    },
  },
  {
    alert: "GlamListenerSilent",
    when: "one of two instances is paused, and the other one handles nothing",
    series: {
      [ofSource("messaging_consumer_lag")]: "7x80",
      [consumed("ok")]: "50x80",
      [ofSource("messaging_listener_paused", ',instance="a"')]: "1x80",
      [ofSource("messaging_listener_paused", ',instance="b"')]: "0x80",
    },
    at: "27m",
    labels: source,
    summary: "usage of credits handles none of 7 events of evt.credit.deducted.v1",
    not: {
      when: "all instances are paused",
      series: {
        [ofSource("messaging_consumer_lag")]: "7x80",
        [consumed("ok")]: "50x80",
        [ofSource("messaging_listener_paused", ',instance="a"')]: "1x80",
      },
      at: "27m",
    },
  },
  {
    alert: "GlamListenerLagging",
    when: "what waits takes longer than 10 minutes at the present pace",
    series: { [ofSource("messaging_consumer_lag")]: "3000x80", [consumed("ok")]: "0+60x80" },
    before: "9m",
    at: "25m",
    labels: source,
    summary: "usage of credits is 25m 0s behind on evt.credit.deducted.v1",
    not: {
      when: "it takes a minute",
      series: { [ofSource("messaging_consumer_lag")]: "120x80", [consumed("ok")]: "0+60x80" },
      at: "25m",
    },
  },
  {
    alert: "GlamHandlersFailing",
    when: "three of four runs of a handler fail",
    series: { [consumed("retry")]: "0+30x80", [consumed("ok")]: "0+10x80" },
    before: "9m",
    at: "20m",
    labels: source,
    summary: "usage of credits fails 75% of its runs for evt.credit.deducted.v1",
    not: {
      when: "one of ten fails",
      series: { [consumed("retry")]: "0+1x80", [consumed("ok")]: "0+9x80" },
      at: "20m",
    },
  },
  {
    alert: "GlamDeadLetters",
    when: "an event becomes a dead letter",
    series: { [consumed("ok")]: "0+100x80", [consumed("dlq")]: "0x20 1x60", [consumed("invalid")]: "0x80" },
    before: "10m",
    at: "12m",
    labels: source,
    summary: "usage of credits could not handle 1 events of evt.credit.deducted.v1",
    not: {
      when: "that was half an hour ago",
      series: { [consumed("ok")]: "0+100x130", [consumed("dlq")]: "0x20 1x110" },
      at: "35m",
    },
  },
  {
    alert: "GlamDeadLettersMany",
    when: "a fifth of the events become dead letters",
    series: { [consumed("ok")]: "0+8x80", [consumed("dlq")]: "0+1x80", [consumed("invalid")]: "0+1x80" },
    before: "4m",
    at: "10m",
    labels: source,
    summary: "usage of credits cannot handle 20% of evt.credit.deducted.v1",
    also: ["GlamDeadLetters"],
    not: {
      when: "one event does, of a rare kind",
      series: { [consumed("ok")]: "0x80", [consumed("dlq")]: "0x10 1x70" },
      at: "10m",
    },
  },
  {
    alert: "GlamDeadLettersWaiting",
    when: "a dead letter is a day old",
    series: { 'messaging_dlq_depth{instance="a"}': "3x110", 'messaging_dlq_depth{instance="b"}': "3x110" },
    interval: "15m",
    before: "23h",
    at: "25h",
    labels: {},
    summary: "3 dead letters wait for somebody",
    not: {
      when: "they were redriven within the day",
      series: { 'messaging_dlq_depth{instance="a"}': "3x50 0x60" },
      at: "25h",
    },
  },
  {
    alert: "GlamPublishFailing",
    when: "the first event is given up",
    series: {
      'messaging_publish_failed_total{service="orders",subject="evt.order.placed.v1",kind="no_stream"}':
        "_x10 1x20",
    },
    before: "4m",
    at: "6m",
    labels: { service: "orders", subject: "evt.order.placed.v1", kind: "no_stream" },
    summary: "orders gave up 1 events of evt.order.placed.v1: no_stream",
    not: {
      when: "that was half an hour ago",
      series: {
        'messaging_publish_failed_total{service="orders",subject="evt.order.placed.v1",kind="no_stream"}':
          "_x10 1x120",
      },
      at: "35m",
    },
  },
  {
    alert: "GlamOutboxStuck",
    when: "events wait for minutes and none is sent",
    series: {
      [ofTable("outbox_oldest_age_seconds")]: "0x10 0+30x30",
      [ofTable("outbox_sent_total")]: "9x40",
    },
    before: "8m",
    at: "10m",
    labels: table,
    summary: "Nothing of glam_outbox of credits is sent; the oldest event waits for 4m 30s",
    not: {
      when: "events are sent",
      series: { [ofTable("outbox_oldest_age_seconds")]: "100x40", [ofTable("outbox_sent_total")]: "0+9x40" },
      at: "15m",
    },
  },
  {
    alert: "GlamOutboxLate",
    when: "events are sent too late for 5 minutes",
    series: { [ofTable("outbox_oldest_age_seconds")]: "90x40", [ofTable("outbox_sent_total")]: "0+9x40" },
    before: "4m",
    at: "6m",
    labels: table,
    summary: "The oldest event of glam_outbox of credits waits for 1m 30s",
    not: {
      when: "a delay is over after two minutes",
      series: {
        [ofTable("outbox_oldest_age_seconds")]: "0x10 90x4 0x30",
        [ofTable("outbox_sent_total")]: "0+9x50",
      },
      at: "11m",
    },
  },
  {
    alert: "GlamOutboxDead",
    when: "an event is given up, as two relays see",
    series: {
      [ofTable("outbox_dead", ',instance="a"')]: "0x10 1x20",
      [ofTable("outbox_dead", ',instance="b"')]: "0x10 1x20",
    },
    before: "4m",
    at: "6m",
    labels: table,
    summary: "glam_outbox of credits has given up 1 events",
    not: { when: "none is", series: { [ofTable("outbox_dead")]: "0x40" }, at: "10m" },
  },
  {
    alert: "GlamScheduleLate",
    when: "a tick has been due for over five minutes, as two replicas see",
    series: {
      [ofSchedule("schedule_lag_seconds", ',instance="a"')]: "0x4 30+30x40",
      [ofSchedule("schedule_lag_seconds", ',instance="b"')]: "0x4 30+30x40",
    },
    before: "11m",
    at: "14m",
    labels: { service: "catalog", schedule: "nightly-sync" },
    summary: "nightly-sync of catalog is 12m 0s late",
    not: {
      when: "ticks begin a minute late",
      series: { [ofSchedule("schedule_lag_seconds")]: "0 30 60 0 30 60 0x40" },
      at: "14m",
    },
  },
  {
    alert: "GlamScheduleFailed",
    when: "a tick fails for the first time",
    series: {
      [ofSchedule("schedule_runs_total", ',outcome="succeeded"')]: "0+1x30",
      [ofSchedule("schedule_runs_total", ',outcome="timed_out"')]: "_x10 1x20",
    },
    before: "4m",
    at: "6m",
    labels: { service: "catalog", schedule: "nightly-sync" },
    summary: "nightly-sync of catalog failed 1 times",
    not: {
      when: "its process was stopped meanwhile",
      series: {
        [ofSchedule("schedule_runs_total", ',outcome="published"')]: "0+1x30",
        [ofSchedule("schedule_runs_total", ',outcome="aborted"')]: "_x10 1x20",
      },
      at: "6m",
    },
  },
  {
    alert: "GlamDatabaseDown",
    when: "most statements find no connection",
    series: {
      [statements]: "0+100x80",
      [ofDatabase("db_query_errors_total", ',code="ECONNREFUSED"')]: "0+60x80",
      [ofDatabase("db_query_errors_total", ',code="57P01"')]: "0+20x80",
    },
    before: "1m",
    at: "5m",
    labels: database,
    summary: "80% of the statements of credits do not reach app",
    not: {
      when: "most statements violate a constraint",
      series: { [statements]: "0+100x80", [ofDatabase("db_query_errors_total", ',code="23505"')]: "0+80x80" },
      at: "10m",
    },
  },
  {
    alert: "GlamDatabaseErrors",
    when: "a tenth of the statements fail by the database",
    series: {
      [statements]: "0+100x80",
      [ofDatabase("db_query_errors_total", ',code="42P01"')]: "0+10x80",
    },
    before: "4m",
    at: "7m",
    labels: database,
    summary: "10% of the statements of credits on app fail",
    not: {
      when: "callers bring it about",
      series: {
        [statements]: "0+100x80",
        [ofDatabase("db_query_errors_total", ',code="23505"')]: "0+10x80",
        [ofDatabase("db_query_errors_total", ',code="40001"')]: "0+10x80",
        [ofDatabase("db_query_errors_total", ',code="22P02"')]: "0+10x80",
      },
      at: "10m",
    },
  },
  {
    alert: "GlamPoolWaiting",
    when: "statements wait for a connection for minutes",
    series: { [ofDatabase("db_pool_waiting", ',job="services",instance="a:80"')]: "0x4 12x60" },
    before: "6m",
    at: "10m",
    labels: { ...database, ...instance },
    summary: "12 statements of a:80 wait for a connection to app",
    not: {
      when: "they wait now and then",
      series: {
        [ofDatabase("db_pool_waiting", ',job="services",instance="a:80"')]: "9 9 0 9 0 9 9 0 9x2 0x60",
      },
      at: "6m",
    },
  },
  {
    alert: "GlamCircuitOpen",
    when: "a circuit stays open but for probes",
    series: {
      'http_client_circuit_open{target="credits",job="services",instance="a:80"}': "0x10 1 1 0 1 1 0 1x40",
    },
    before: "6m",
    at: "8m",
    labels: { ...instance, target: "credits" },
    summary: "a:80 does not call credits: the circuit is open",
    not: {
      when: "it opens for half a minute",
      series: { 'http_client_circuit_open{target="credits",job="services",instance="a:80"}': "0x10 1 0x40" },
      at: "8m",
    },
  },
  {
    alert: "GlamClientErrors",
    when: "a fifth of the calls of a service fail",
    series: { [calls("200")]: "0+80x80", [calls("502")]: "0+10x80", [calls("timeout")]: "0+10x80" },
    before: "4m",
    at: "7m",
    labels: { service: "orders", target: "credits" },
    summary: "20% of the calls of orders to credits fail",
    not: {
      when: "they are refused for what they ask",
      series: { [calls("200")]: "0+80x80", [calls("404")]: "0+20x80", [calls("aborted")]: "0+20x80" },
      at: "10m",
    },
  },
];
