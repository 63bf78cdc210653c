import { OWN_ENDPOINTS } from "./_selector.ts";

/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** The name of each series, with its labels in braces. */
  readonly legend: string;
}

/** One panel. */
export interface Panel {
  readonly title: string;
  /** What it shows, and what is worrying. */
  readonly description: string;
  /** A unit of Grafana: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** A single number instead of a graph, and from where on it is red. */
  readonly redFrom?: number;
}

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The matcher of the services that are chosen. */
export const OF_SERVICE = 'service=~"$service"';
const HTTP = `${OF_SERVICE},endpoint=~"$endpoint",${OWN_ENDPOINTS}`;
const PROCESSES = `and on (job, instance) http_requests_in_progress{${OF_SERVICE}}`;

/** A rate over a window that fits the resolution of the graph. */
function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

function quantile(q: number, by: string, bucket: string): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (${rate(bucket)}))`;
}

const REQUESTS: Row = {
  title: "Requests",
  panels: [
    {
      title: "Instances",
      description: "Instances that Prometheus reaches.",
      unit: "short",
      queries: [{
        expr: `count by (service) (http_requests_in_progress{${OF_SERVICE}})`,
        legend: "{{service}}",
      }],
    },
    {
      title: "Requests by service",
      description: "Requests a second, without probes.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service) (${rate(`http_requests_total{${HTTP}}`)})`,
        legend: "{{service}}",
      }],
    },
    {
      title: "Server errors by endpoint",
      description: "Share of requests that are answered with 5xx. The objective of most services is 0.1 %.",
      unit: "percentunit",
      queries: [{
        expr: `sum by (service, endpoint) (${rate(`http_requests_total{${HTTP},status=~"5.."}`)})` +
          ` / on (service, endpoint) sum by (service, endpoint) (${rate(`http_requests_total{${HTTP}}`)})`,
        legend: "{{service}} {{endpoint}}",
      }],
    },
    {
      title: "Answers by status",
      description: "Requests a second, by status.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service, status) (${rate(`http_requests_total{${HTTP}}`)})`,
        legend: "{{service}} {{status}}",
      }],
    },
    {
      title: "Duration",
      description:
        "Time until the response is there: of the median request, and of the slowest in a hundred.",
      unit: "s",
      queries: [
        {
          expr: quantile(0.5, "service", `http_request_duration_seconds_bucket{${HTTP}}`),
          legend: "{{service}} median",
        },
        {
          expr: quantile(0.99, "service", `http_request_duration_seconds_bucket{${HTTP}}`),
          legend: "{{service}} p99",
        },
      ],
    },
    {
      title: "Duration by endpoint",
      description: "The slowest of a hundred requests, by endpoint.",
      unit: "s",
      queries: [{
        expr: quantile(0.99, "service, endpoint", `http_request_duration_seconds_bucket{${HTTP}}`),
        legend: "{{service}} {{endpoint}}",
      }],
    },
    {
      title: "Requests under way",
      description: "Requests that have not been answered yet.",
      unit: "short",
      queries: [{
        expr: `sum by (service) (http_requests_in_progress{${OF_SERVICE}})`,
        legend: "{{service}}",
      }],
    },
    {
      title: "Callers that waited no longer",
      description: "504s a second because the caller's deadline passed.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service) (${rate(`http_caller_deadlines_total{${OF_SERVICE}}`)})`,
        legend: "{{service}}",
      }],
    },
  ],
};

const GUARDS: Row = {
  title: "Guards",
  panels: [
    {
      title: "Requests with a key",
      description:
        "Requests a second that may be repeated: the first of a key, repetitions, and refused ones.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service, outcome) (${rate(`idempotency_requests_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{outcome}}",
      }],
    },
    {
      title: "Rate limits",
      description: "Requests a second by policy: passed, limited (429), and those that could not be checked.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service, policy, outcome) (${rate(`rate_limit_requests_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{policy}} {{outcome}}",
      }],
    },
    {
      title: "Rate limits that failed",
      description: "Requests a second for which the store of the rate limit has failed.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service) (${rate(`rate_limit_store_errors_total{${OF_SERVICE}}`)})`,
        legend: "{{service}}",
      }],
    },
  ],
};

const SOURCE = "service, queue_group, subject";
const OF_SOURCE = "{{service}} {{queue_group}} {{subject}}";

const LISTENERS: Row = {
  title: "Events",
  panels: [
    {
      title: "Dead letters",
      description: "Messages in the stream of dead letters, of the whole fleet. Each is kept for a week.",
      unit: "short",
      redFrom: 1,
      queries: [{ expr: "max(messaging_dlq_depth)", legend: "dead letters" }],
    },
    {
      title: "Events published",
      description: "Events a second that a stream has stored.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, subject) (${rate(`messaging_published_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{subject}}",
      }],
    },
    {
      title: "Publishing that failed",
      description: "Events a second that were given up, by kind of failure.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, subject, kind) (${rate(`messaging_publish_failed_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{subject}} {{kind}}",
      }],
    },
    {
      title: "Events handled",
      description: "Events a second by outcome; retry is an attempt that failed and is tried again.",
      unit: "ops",
      queries: [{
        expr: `sum by (${SOURCE}, outcome) (${rate(`messaging_consumed_total{${OF_SERVICE}}`)})`,
        legend: `${OF_SOURCE} {{outcome}}`,
      }],
    },
    {
      title: "Lag",
      description: "Messages that a durable consumer has not delivered yet. Worrying where it grows.",
      unit: "short",
      queries: [{
        expr: `max by (${SOURCE}) (messaging_consumer_lag{${OF_SERVICE}})`,
        legend: OF_SOURCE,
      }],
    },
    {
      title: "Handlers",
      description: "Handlers that run, and messages that were delivered and are not settled.",
      unit: "short",
      queries: [
        {
          expr: `sum by (${SOURCE}) (messaging_handlers_in_flight{${OF_SERVICE}})`,
          legend: `${OF_SOURCE} running`,
        },
        { expr: `sum by (${SOURCE}) (messaging_held_messages{${OF_SERVICE}})`, legend: `${OF_SOURCE} held` },
      ],
    },
    {
      title: "Paused listeners",
      description: "Instances whose listener is paused: their events wait.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `sum by (service, queue_group) (messaging_listener_paused{${OF_SERVICE}})`,
        legend: "{{service}} {{queue_group}}",
      }],
    },
    {
      title: "Duration of handlers",
      description: "The slowest of a hundred runs.",
      unit: "s",
      queries: [{
        expr: quantile(0.99, SOURCE, `messaging_handler_duration_seconds_bucket{${OF_SERVICE}}`),
        legend: OF_SOURCE,
      }],
    },
    {
      title: "Deliveries again",
      description: "Deliveries a second that were not the first, and acknowledgements that got lost.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (${SOURCE}) (${rate(`messaging_redeliveries_total{${OF_SERVICE}}`)})`,
          legend: `${OF_SOURCE} redelivered`,
        },
        {
          expr: `sum by (${SOURCE}) (${rate(`messaging_ack_failures_total{${OF_SERVICE}}`)})`,
          legend: `${OF_SOURCE} lost acknowledgements`,
        },
      ],
    },
    {
      title: "Events lost to retention",
      description: "Events that a stream dropped before they were handled. Each replica counts what it sees.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `max by (${SOURCE}) (messages_expired_total{${OF_SERVICE}})`,
        legend: OF_SOURCE,
      }],
    },
  ],
};

const OUTBOX: Row = {
  title: "Outbox",
  panels: [
    {
      title: "Age of the oldest event",
      description: "For how long the oldest event has been due. Worrying from a minute.",
      unit: "s",
      queries: [{
        expr: `max by (service, table) (outbox_oldest_age_seconds{${OF_SERVICE}})`,
        legend: "{{service}} {{table}}",
      }],
    },
    {
      title: "Events that wait",
      description: "Events that are due, and that are not yet.",
      unit: "short",
      queries: [
        {
          expr: `max by (service, table) (outbox_pending{${OF_SERVICE}})`,
          legend: "{{service}} {{table}} due",
        },
        {
          expr: `max by (service, table) (outbox_delayed{${OF_SERVICE}})`,
          legend: "{{service}} {{table}} later",
        },
      ],
    },
    {
      title: "Events sent",
      description: "Events a second that a stream has stored, and attempts that failed.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (service, table) (${rate(`outbox_sent_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{table}} sent",
        },
        {
          expr: `sum by (service, table, kind) (${rate(`outbox_failed_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{table}} {{kind}}",
        },
      ],
    },
    {
      title: "Events given up",
      description: "They stay in the table until they are retried.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `max by (service, table) (outbox_dead{${OF_SERVICE}})`,
        legend: "{{service}} {{table}}",
      }],
    },
  ],
};

const SCHEDULES: Row = {
  title: "Schedules",
  panels: [
    {
      title: "Ticks",
      description: "Ticks a second that ended, by outcome.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, schedule, outcome) (${rate(`schedule_runs_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{schedule}} {{outcome}}",
      }],
    },
    {
      title: "Late ticks",
      description: "How late the next tick is. Worrying from five minutes.",
      unit: "s",
      queries: [{
        expr: `max by (service, schedule) (schedule_lag_seconds{${OF_SERVICE}})`,
        legend: "{{service}} {{schedule}}",
      }],
    },
  ],
};

const DATABASE: Row = {
  title: "Database",
  panels: [
    {
      title: "Connections in use",
      description: "Share of the pool that works, of the busiest instance.",
      unit: "percentunit",
      queries: [{
        expr:
          `max by (service, database) (db_pool_connections_in_use{${OF_SERVICE}} / db_pool_connections_max{${OF_SERVICE}})`,
        legend: "{{service}} {{database}}",
      }],
    },
    {
      title: "Statements that wait",
      description: "Statements and transactions that wait for a connection.",
      unit: "short",
      queries: [{
        expr: `sum by (service, database) (db_pool_waiting{${OF_SERVICE}})`,
        legend: "{{service}} {{database}}",
      }],
    },
    {
      title: "Statements",
      description: "Statements a second, by table.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, operation, table) (${
          rate(`db_query_duration_seconds_count{${OF_SERVICE}}`)
        })`,
        legend: "{{service}} {{operation}} {{table}}",
      }],
    },
    {
      title: "Duration of statements",
      description: "The slowest of a hundred, by table.",
      unit: "s",
      queries: [{
        expr: quantile(
          0.99,
          "service, operation, table",
          `db_query_duration_seconds_bucket{${OF_SERVICE}}`,
        ),
        legend: "{{service}} {{operation}} {{table}}",
      }],
    },
    {
      title: "Statements that failed",
      description: "Failures a second, by SQLSTATE or code of the driver, and transactions that ran again.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (service, database, code) (${rate(`db_query_errors_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{database}} {{code}}",
        },
        {
          expr: `sum by (service, database) (${rate(`db_transaction_retries_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{database}} run again",
        },
      ],
    },
  ],
};

const CLIENTS: Row = {
  title: "Calls of other services",
  panels: [
    {
      title: "Calls by how they ended",
      description: "Calls a second, by status or by why there is none.",
      unit: "reqps",
      queries: [{
        expr: `sum by (service, target, status) (${rate(`http_client_requests_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} → {{target}} {{status}}",
      }],
    },
    {
      title: "Duration of calls",
      description: "The slowest of a hundred, with all attempts.",
      unit: "s",
      queries: [{
        expr: quantile(0.99, "service, target", `http_client_request_duration_seconds_bucket{${OF_SERVICE}}`),
        legend: "{{service}} → {{target}}",
      }],
    },
    {
      title: "Retries",
      description: "Attempts a second beside the first.",
      unit: "reqps",
      queries: [{
        expr: `sum by (target, reason) (${rate("http_client_retries_total")} ${PROCESSES})`,
        legend: "→ {{target}} {{reason}}",
      }],
    },
    {
      title: "Open circuits",
      description: "Instances that do not call a service because too many calls failed.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `sum by (target) (http_client_circuit_open ${PROCESSES})`,
        legend: "→ {{target}}",
      }],
    },
  ],
};

const INSTANCES: Row = {
  title: "Processes",
  panels: [
    {
      title: "Versions",
      description:
        "Instances by version of the service. More than one version is a deployment that is under way.",
      unit: "short",
      queries: [{
        expr: `count by (service, version) (glam_build_info{${OF_SERVICE}})`,
        legend: "{{service}} {{version}}",
      }],
    },
    {
      title: "CPU",
      description: "Cores in use.",
      unit: "short",
      queries: [{ expr: `${rate("process_cpu_seconds_total")} ${PROCESSES}`, legend: "{{instance}}" }],
    },
    {
      title: "Memory",
      description: "All of it, and the heap of JavaScript.",
      unit: "bytes",
      queries: [
        { expr: `process_resident_memory_bytes ${PROCESSES}`, legend: "{{instance}}" },
        { expr: `nodejs_heap_size_used_bytes ${PROCESSES}`, legend: "{{instance}} heap" },
      ],
    },
    {
      title: "Lag of the event loop",
      description: "How long a callback that is due waits. Worrying from 0.2 s.",
      unit: "s",
      queries: [{ expr: `nodejs_eventloop_lag_seconds ${PROCESSES}`, legend: "{{instance}}" }],
    },
    {
      title: "Metrics that are missing",
      description: "Metrics that scrapes left out because their collectors failed.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `sum by (instance, metric, reason) (metrics_collector_failures_total ${PROCESSES})`,
        legend: "{{instance}} {{metric}} {{reason}}",
      }],
    },
  ],
};

/** The rows of the dashboard, from what users see down to the processes. */
export const ROWS: readonly Row[] = [
  REQUESTS,
  GUARDS,
  LISTENERS,
  OUTBOX,
  SCHEDULES,
  DATABASE,
  CLIENTS,
  INSTANCES,
];
