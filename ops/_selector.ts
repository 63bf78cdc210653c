/** What a set of rules or a dashboard is about. */
export interface Scope {
  /** The service, or `undefined` for each service that is scraped. */
  readonly service: string | undefined;
}

/** Endpoints that no user waits for: probes, documentation and the page of operations. */
export const OWN_ENDPOINTS = 'endpoint!~"/health/.*|/api/v1/health|/docs(/.*)?|/ops(/.*)?"';

/** How long after its last sample an instance is remembered. */
const MEMORY = "1h";

/** A series selector: the metric of the scope's service, with further matchers. */
export function select({ service }: Scope, metric: string, ...matchers: readonly string[]): string {
  const all = service === undefined ? matchers : [`service=${quote(service)}`, ...matchers];
  return all.length === 0 ? metric : `${metric}{${all.join(",")}}`;
}

/**
 * What the instances of the scope's service show, of an expression whose series have no label `service`. `instance` and
 * `job` are the labels that Prometheus gives to all that it scrapes.
 */
export function ofInstances(scope: Scope, expression: string): string {
  if (scope.service === undefined) return expression;
  return `${expression}\n  and on (job, instance) ${select(scope, "http_requests_in_progress")}`;
}

/** Gives the label `service` to an expression without it, so that the alerts of two files of rules are never the same. */
export function withService({ service }: Scope, expression: string): string {
  return service === undefined
    ? expression
    : `label_replace(\n  ${expression},\n  "service", ${quote(service.replaceAll("$", "$$$$"))}, "", ""\n)`;
}

/** The instances of the scope that were there within the last hour, as `job`, `instance` and `service`. */
export function recentInstances(scope: Scope): string {
  return `group by (job, instance, service) (last_over_time(${
    select(scope, "http_requests_in_progress")
  }[${MEMORY}]))`;
}

/**
 * By how much a counter rose within a window. The first count of a series that appears with it is included, which
 * `increase()` leaves out: many counters have no series before something happened.
 */
export function rise(selector: string, window: string): string {
  return `(increase(${selector}[${window}]) > 0 or (${selector} unless ${selector} offset ${window}) > 0)`;
}

/** A string literal of PromQL. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
