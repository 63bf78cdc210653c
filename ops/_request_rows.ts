import { HTTP, OF_SERVICE, PROCESSES, quantile, rate, type Row } from "./_dashboard_row.ts";

/** What callers see. */
export const REQUESTS: Row = {
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

/** What the guards refuse and recognise. */
export const GUARDS: Row = {
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

/** Calls of other services. */
export const CLIENTS: Row = {
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
