import type { AlertRule, RuleGroup, Severity } from "./_rule.ts";
import { OWN_ENDPOINTS, type Scope, select } from "./_selector.ts";

/** What the rules of the objectives are made of. */
export interface SloSettings extends Scope {
  /** Share of requests that may not fail: 0.999. */
  readonly availability: number;
  /** `undefined` for no alerts of latency. */
  readonly latency: { readonly seconds: number; readonly ratio: number } | undefined;
  readonly minFailures: number;
}

/** A burn rate that is looked at over two windows, the short one so that the alert ends when the errors do. */
interface Burn {
  readonly long: Window;
  readonly short: Window;
  /** How many times faster than the budget of 30 days allows. */
  readonly factor: number;
}

type Window = keyof typeof SECONDS;

const SECONDS = {
  "5m": 300,
  "30m": 1800,
  "1h": 3600,
  "2h": 7200,
  "6h": 21_600,
  "1d": 86_400,
  "3d": 259_200,
} as const;

// The rates of the Site Reliability Workbook, chapter 5.
const BURNS: Readonly<Record<Severity, readonly Burn[]>> = {
  page: [{ long: "1h", short: "5m", factor: 14.4 }, { long: "6h", short: "30m", factor: 6 }],
  ticket: [{ long: "1d", short: "2h", factor: 3 }, { long: "3d", short: "6h", factor: 1 }],
};

/** The series that the alerts of objectives are made of, and the alerts. */
export function sloRules(settings: SloSettings): RuleGroup[] {
  const { availability, latency } = settings;
  const windows = Object.keys(SECONDS) as Window[];
  const alerts = [
    ...burnAlerts(settings, {
      name: "GlamErrorBudgetBurn",
      bad: "glam:http_errors",
      all: "glam:http_requests",
      budget: budgetOf(availability),
      summary: "{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests",
      description: `The objective is that ${
        percent(availability)
      } of requests within 30 days are answered without a 5xx. At this rate the budget is used up early.`,
    }),
    ...(latency === undefined ? [] : burnAlerts(settings, {
      name: "GlamLatencyBudgetBurn",
      bad: "glam:http_slow",
      all: "glam:http_timed",
      budget: budgetOf(latency.ratio),
      summary:
        `{{ $labels.service }} answers {{ $value | humanizePercentage }} of its requests later than ${latency.seconds} s`,
      description: `The objective is that ${
        percent(latency.ratio)
      } of requests within 30 days are answered within ${latency.seconds} s. At this rate the budget is used up early.`,
    })),
  ];
  return [
    {
      name: "glam-slo-recording",
      rules: windows.flatMap((window) => [
        ...errorSeries(settings, window),
        ...(latency === undefined ? [] : latencySeries(settings, window, latency.seconds)),
      ]),
    },
    { name: "glam-slo", rules: alerts },
  ];
}

/** Requests and failed ones a second. A 4xx is the caller's, and so is a 504 because the caller waits no longer. */
function errorSeries(scope: Scope, window: Window): RuleGroup["rules"] {
  const perSecond = (metric: string, ...matchers: string[]) =>
    `sum by (service) (rate(${select(scope, metric, ...matchers)}[${window}]))`;
  const all = select(scope, `glam:http_requests:rate${window}`);
  const failed = perSecond("http_requests_total", 'status=~"5.."', OWN_ENDPOINTS);
  return [
    {
      record: `glam:http_requests:rate${window}`,
      expr: perSecond("http_requests_total", 'status!~"4.."', OWN_ENDPOINTS),
    },
    {
      record: `glam:http_errors:rate${window}`,
      // Without an error there is no series of errors: then it is 0, and not "no data".
      expr: `clamp_min(\n  ${failed}\n    - (${
        perSecond("http_caller_deadlines_total")
      } or 0 * ${all}),\n  0\n)\nor 0 * ${all}`,
    },
  ];
}

/** Requests whose time is known, and the slow ones. What no route matched is a 404 and fast, and would hide them. */
function latencySeries(scope: Scope, window: Window, seconds: number): RuleGroup["rules"] {
  const perSecond = (suffix: string, ...matchers: string[]) =>
    `sum by (service) (rate(${
      select(
        scope,
        `http_request_duration_seconds_${suffix}`,
        ...matchers,
        'endpoint!="unmatched"',
        OWN_ENDPOINTS,
      )
    }[${window}]))`;
  const bound = Number.isInteger(seconds) ? seconds.toFixed(1) : String(seconds);
  const all = select(scope, `glam:http_timed:rate${window}`);
  return [
    { record: `glam:http_timed:rate${window}`, expr: perSecond("count") },
    { record: `glam:http_slow:rate${window}`, expr: `${all} - ${perSecond("bucket", `le="${bound}"`)}` },
  ];
}

interface Indicator {
  readonly name: string;
  readonly bad: string;
  readonly all: string;
  readonly budget: number;
  readonly summary: string;
  readonly description: string;
}

function burnAlerts(settings: SloSettings, indicator: Indicator): AlertRule[] {
  const { name, summary, description } = indicator;
  return (Object.keys(BURNS) as Severity[]).map((severity) => ({
    alert: `${name}${severity === "page" ? "Fast" : "Slow"}`,
    severity,
    expr: BURNS[severity].map((burn) => burnExpression(settings, indicator, burn)).join("\nor\n"),
    summary,
    description,
  }));
}

function burnExpression(settings: SloSettings, indicator: Indicator, { long, short, factor }: Burn): string {
  const rate = (name: string, window: Window) => select(settings, `${name}:rate${window}`);
  const { bad, all, budget } = indicator;
  const burns = (window: Window) => `${rate(bad, window)} / ${rate(all, window)} > ${factor} * ${budget}`;
  return `(
  ${burns(long)}
  and ${burns(short)}
  and ${rate(bad, long)} * ${SECONDS[long]} >= ${settings.minFailures}
)`;
}

/** What is left to 1, without the noise of binary fractions: 0.001. */
function budgetOf(objective: number): number {
  return Number((1 - objective).toFixed(9));
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(6))} %`;
}
