import { OF_SERVICE, PROCESSES, quantile, rate, type Row } from "./_dashboard_row.ts";

/** Statements and the pool. */
export const DATABASE: Row = {
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

/** The processes themselves. */
export const INSTANCES: Row = {
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
