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
/** The same, for the endpoints that users wait for. */
export const HTTP: string = `${OF_SERVICE},endpoint=~"$endpoint",${OWN_ENDPOINTS}`;
/** Restricts series without a label `service` to the processes of the services that are chosen. */
export const PROCESSES: string = `and on (job, instance) http_requests_in_progress{${OF_SERVICE}}`;

/** A rate over a window that fits the resolution of the graph. */
export function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

/** A quantile of a histogram, by these labels. */
export function quantile(q: number, by: string, bucket: string): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (${rate(bucket)}))`;
}
