import { formatBound } from "./exposition.ts";
import type { PrometheusRegistry } from "./registry.ts";

/** One sample of a metric, in the form of prom-client. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Name of the sample where it is not the metric's: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: { readonly trace_id: string };
    readonly value: number;
    readonly timestamp: number;
  };
}

/** A metric, and how it is read from a recorder. */
export interface SharedMetric<Recorder> {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /**
   * How samples of several recorders with the same labels are merged: added up, or the last one, where all recorders
   * measure the same thing.
   * @default "sum"
   */
  readonly merge?: "last" | "sum";
  samples(recorder: Recorder): Iterable<Sample> | Promise<Iterable<Sample>>;
}

/** A group of metrics that are registered together. */
export interface SharedMetrics<Recorder> {
  /** What they measure, for error messages. */
  readonly kind: string;
  /** A registered symbol: several copies of the package may use one registry. */
  readonly symbol: symbol;
  readonly metrics: readonly SharedMetric<Recorder>[];
  /** Sets the numbers of a recorder to zero. */
  reset(recorder: Recorder): void;
  /** Throws when a recorder cannot be added to a registry that has `known`. */
  assertFits?(known: Recorder, added: Recorder): void;
}

/**
 * Adds a recorder to the metrics on `registry`; the function that is returned removes it. Recorders keep plain numbers,
 * which are read at each scrape.
 *
 * @throws {TypeError} when the registry has a metric of one of the names that is not this package's.
 */
export function showShared<Recorder>(
  group: SharedMetrics<Recorder>,
  registry: PrometheusRegistry,
  recorder: Recorder,
): () => void {
  const { kind, symbol, metrics } = group;
  const existing = metrics.map(({ name }) => {
    const metric = registry.getSingleMetric(name) as { readonly [key: symbol]: Set<Recorder> } | undefined;
    if (metric !== undefined && metric[symbol] === undefined) {
      throw new TypeError(
        `Cannot register ${kind} metrics: the registry has a "${name}" of its own; remove it or pass another registry`,
      );
    }
    return metric?.[symbol];
  });
  for (const known of existing[0] ?? []) group.assertFits?.(known, recorder);
  const shown = metrics.map((metric, i) => {
    const known = existing[i];
    if (known !== undefined) return known.add(recorder);
    const recorders = new Set([recorder]);
    registry.registerMetric(toMetric(group, metric, recorders) as never);
    return recorders;
  });
  return () => shown.forEach((recorders) => recorders.delete(recorder));
}

function toMetric<Recorder>(
  { symbol, reset }: SharedMetrics<Recorder>,
  { name, help, type, merge, samples }: SharedMetric<Recorder>,
  recorders: Set<Recorder>,
): object {
  return {
    name,
    help,
    type,
    [symbol]: recorders,
    async get() {
      const merged = new Map<string, Sample>();
      for (const each of await Promise.all(Array.from(recorders, samples))) {
        for (const sample of each) {
          const key = JSON.stringify([sample.metricName, sample.labels]);
          const other = merged.get(key);
          const value = sample.value + (merge === "last" ? 0 : other?.value ?? 0);
          merged.set(key, { ...other, ...sample, value });
        }
      }
      return { name, help, type, aggregator: "sum", values: [...merged.values()] };
    },
    reset() {
      for (const recorder of recorders) reset(recorder);
    },
  };
}

/** The numbers of a histogram. The counts of its buckets are not cumulative; the last one counts what is over every bound. */
export interface Distribution {
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** The samples of a histogram. */
export function* histogramSamples(
  name: string,
  labels: Readonly<Record<string, string>>,
  { bounds, counts, sum }: Distribution,
  exemplarOf?: (bucket: number) => Sample["exemplar"],
): Generator<Sample> {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    total += counts[bucket]!;
    const exemplar = exemplarOf?.(bucket);
    yield {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: formatBound(bounds[bucket]) },
      value: total,
      ...(exemplar !== undefined && { exemplar }),
    };
  }
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: total };
}
