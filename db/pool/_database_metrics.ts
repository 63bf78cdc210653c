import type { PrometheusRegistry } from "../../metrics/registry.ts";
import {
  histogramSamples,
  type Sample,
  type SharedMetrics,
  showShared,
} from "../../metrics/shared_metrics.ts";
import type { Semaphore } from "./_semaphore.ts";
import { codeOf } from "./_query_error.ts";
import type { StatementLabel } from "./_statement_label.ts";

const BUCKETS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Limit for series, against table names that are made up at run time. Further tables count as `_OTHER`. */
const MAX_SERIES = 500;

interface Series extends StatementLabel {
  readonly counts: Float64Array;
  sum: number;
}

/** Counts the queries of one database in plain arrays, which are turned into labelled metrics at each scrape. */
export class DatabaseRecorder {
  /** Further runs of transactions' callbacks. */
  retries = 0;
  /** Failed statements by SQLSTATE or driver code. */
  readonly errors: Map<string, number> = new Map();
  readonly service: string;
  readonly database: string;
  readonly #series = new Map<string, Map<string, Series>>();
  #size = 0;

  constructor(service: string, database: string) {
    this.service = service;
    this.database = database;
  }

  observe({ operation, table }: StatementLabel, seconds: number, error: Error | undefined): void {
    const series = this.#find(operation, table);
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += seconds;
    if (error === undefined) return;
    const code = codeOf(error) ?? "OTHER";
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  *series(): Generator<Series> {
    for (const tables of this.#series.values()) yield* tables.values();
  }

  reset(): void {
    this.#series.clear();
    this.errors.clear();
    this.#size = this.retries = 0;
  }

  #find(operation: string, table: string): Series {
    const tables = this.#series.get(operation);
    const series = tables?.get(table);
    if (series !== undefined) return series;
    if (this.#size >= MAX_SERIES && table !== "_OTHER") return this.#find(operation, "_OTHER");
    const made = { operation, table, counts: new Float64Array(BUCKETS.length + 1), sum: 0 };
    if (tables === undefined) this.#series.set(operation, new Map([[table, made]]));
    else tables.set(table, made);
    this.#size++;
    return made;
  }
}

interface Source {
  readonly recorder: DatabaseRecorder;
  readonly slots: Semaphore;
  readonly max: number;
}

const DURATION = "db_query_duration_seconds";

const DATABASES: SharedMetrics<Source> = {
  kind: "database",
  symbol: Symbol.for("@glam/shared.metrics.databases.v1"),
  metrics: [
    {
      name: "db_pool_connections_max",
      help: "Most connections that the pool may have",
      type: "gauge",
      samples: (source) => [{ labels: labelsOf(source), value: source.max }],
    },
    {
      name: "db_pool_connections_in_use",
      help: "Connections of the pool in use",
      type: "gauge",
      samples: (source) => [{ labels: labelsOf(source), value: source.slots.inUse }],
    },
    {
      name: "db_pool_waiting",
      help: "Queries and transactions that wait for a connection",
      type: "gauge",
      samples: (source) => [{ labels: labelsOf(source), value: source.slots.waiting }],
    },
    {
      name: DURATION,
      help: "Duration of database queries in seconds",
      type: "histogram",
      samples: queryDuration,
    },
    {
      name: "db_query_errors_total",
      help: "Database queries that failed, by SQLSTATE or driver code",
      type: "counter",
      samples: (source) =>
        Array.from(
          source.recorder.errors,
          ([code, value]) => ({ labels: { ...labelsOf(source), code }, value }),
        ),
    },
    {
      name: "db_transaction_retries_total",
      help: "Further runs of a transaction after a serialization failure or a deadlock",
      type: "counter",
      samples: (source) => [{ labels: labelsOf(source), value: source.recorder.retries }],
    },
  ],
  reset: ({ recorder }) => recorder.reset(),
};

/**
 * Adds a pool to `registry` and returns a function that removes it. Pools of the same service and database are summed.
 *
 * @throws {TypeError} when another metric in the registry has one of these names.
 */
export function showDatabase(
  registry: PrometheusRegistry,
  recorder: DatabaseRecorder,
  slots: Semaphore,
  max: number,
): () => void {
  return showShared(DATABASES, registry, { recorder, slots, max });
}

function* queryDuration(source: Source): Generator<Sample> {
  for (const { operation, table, counts, sum } of source.recorder.series()) {
    const labels = { ...labelsOf(source), operation, table };
    yield* histogramSamples(DURATION, labels, { bounds: BUCKETS, counts, sum });
  }
}

function labelsOf({ recorder: { service, database } }: Source): Record<string, string> {
  return { service, database };
}
