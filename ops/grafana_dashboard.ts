import { OF_SERVICE, type Panel } from "./_dashboard_row.ts";
import { ROWS } from "./_dashboard_rows.ts";
import { quote } from "./_selector.ts";

/** The options of {@link grafanaDashboard}. */
export interface GrafanaDashboardOptions {
  /**
   * The service that the dashboard is for.
   *
   * @default all, to choose from
   */
  readonly service?: string | undefined;
  /**
   * Name of the dashboard.
   *
   * @default "Services", or that of the service
   */
  readonly title?: string | undefined;
  /**
   * The id in its URL, for links that stay. Two dashboards of one id replace each other.
   *
   * @default one that Grafana makes up
   */
  readonly uid?: string | undefined;
}

/** A dashboard in the JSON that Grafana imports. */
export interface GrafanaDashboard {
  /** Its name. */
  readonly title: string;
  /** The id in its URL, where one was given. */
  readonly uid?: string;
  /** The version of the format. */
  readonly schemaVersion: number;
  /** Rows and panels, with their queries. */
  readonly panels: readonly object[];
  /** What is chosen on the page. */
  readonly templating: { readonly list: readonly object[] };
  /** Everything else that Grafana reads. */
  readonly [member: string]: unknown;
}

const DATASOURCE = { type: "prometheus", uid: "${datasource}" } as const;
const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;
/** Of Grafana 11. Later ones migrate it. */
const SCHEMA_VERSION = 39;

/**
 * A dashboard for Grafana: requests, events, the outbox, the database, calls of other services and the processes, with the
 * data source, services and endpoints to choose from.
 *
 * ```ts
 * import { grafanaDashboard } from "@glam/shared/ops";
 *
 * const text = JSON.stringify(grafanaDashboard({ title: "Shop" }));
 * console.log(text.includes("http_requests_total")); // true
 * ```
 *
 * @throws {TypeError} when an option is an empty text.
 */
export function grafanaDashboard(options: GrafanaDashboardOptions = {}): GrafanaDashboard {
  const { service, title = service ?? "Services", uid } = options;
  for (const [name, value] of Object.entries({ service, title, uid })) {
    if (value === undefined || (typeof value === "string" && value !== "")) continue;
    throw new TypeError(`Expected \`${name}\` to be a text, got ${JSON.stringify(value)}`);
  }
  const matcher = service === undefined ? OF_SERVICE : `service=${quote(service)}`;
  return {
    ...(uid === undefined ? {} : { uid }),
    title,
    description: "Services on @glam/shared",
    tags: ["glam"],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    annotations: { list: [] },
    links: [],
    templating: { list: variables(service, matcher) },
    panels: layOut(matcher),
  };
}

function variables(service: string | undefined, matcher: string): object[] {
  return [
    { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
    ...(service === undefined
      ? [choice("service", "Service", "label_values(http_requests_in_progress, service)")]
      : []),
    choice("endpoint", "Endpoint", `label_values(http_requests_total{${matcher}}, endpoint)`),
  ];
}

/** A variable with the values that a label has: several, or all. */
function choice(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: "query",
    datasource: DATASOURCE,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    includeAll: true,
    allValue: ".*",
    multi: true,
    current: { text: "All", value: "$__all" },
  };
}

/** The panels, three beside each other under the heading of their row. */
function layOut(matcher: string): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of ROWS) {
    placed.push({
      id: placed.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y += 1;
    for (const [index, panel] of panels.entries()) {
      const gridPos = {
        x: (index % COLUMNS) * WIDTH,
        y: y + Math.floor(index / COLUMNS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      };
      placed.push({ id: placed.length + 1, gridPos, ...toPanel(panel, matcher) });
    }
    y += Math.ceil(panels.length / COLUMNS) * HEIGHT;
  }
  return placed;
}

function toPanel({ title, description, unit, queries, redFrom }: Panel, matcher: string): object {
  const steps = [
    { color: "green", value: null },
    ...(redFrom === undefined ? [] : [{ color: "red", value: redFrom }]),
  ];
  return {
    type: redFrom === undefined ? "timeseries" : "stat",
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(redFrom === undefined ? {} : { color: { mode: "thresholds" } }),
        thresholds: { mode: "absolute", steps },
      },
      overrides: [],
    },
    options: redFrom === undefined
      ? {
        legend: { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] },
        tooltip: { mode: "multi", sort: "desc" },
      }
      : { reduceOptions: { calcs: ["lastNotNull"], values: false }, colorMode: "value", graphMode: "area" },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr: expr.replaceAll(OF_SERVICE, matcher),
      legendFormat: legend,
      range: true,
    })),
  };
}
