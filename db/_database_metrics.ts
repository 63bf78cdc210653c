import { formatBound } from "../metrics/exposition.ts";
import type { PrometheusRegistry } from "../metrics/registry.ts";
import type { Gate } from "./_gate.ts";
import { codeOf } from "./_query_error.ts";
import type { StatementLabel } from "./_statement.ts";

const BUCKETS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Tables of which one program may have series; a program with more has tables that are made at run time. */
const MAX_SERIES = 500;

interface Series extends StatementLabel {
  readonly counts: Float64Array;
  sum: number;
}

/** The numbers of one database, kept in plain arrays: nothing but a scrape needs labelled metrics. */
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
  readonly gate: Gate;
  readonly max: number;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

interface DatabaseMetric {
  readonly [SOURCES]: Set<Source>;
}

// The same symbol in every copy of the package: several of them may meet in one registry.
const SOURCES: unique symbol = Symbol.for("@glam/shared.metrics.databases.v1") as never;

const DEFINITIONS: readonly {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(source: Source): Iterable<Sample>;
}[] = [
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
    samples: (source) => [{ labels: labelsOf(source), value: source.gate.inUse }],
  },
  {
    name: "db_pool_waiting",
    help: "Queries and transactions that wait for a connection",
    type: "gauge",
    samples: (source) => [{ labels: labelsOf(source), value: source.gate.waiting }],
  },
  {
    name: "db_query_duration_seconds",
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
];

/**
 * Shows a pool on `registry`, beside those that are on it already, until the function that it gives is called.
 *
 * @throws {TypeError} when the registry has a metric of one of the names that is not this package's.
 */
export function showDatabase(
  registry: PrometheusRegistry,
  recorder: DatabaseRecorder,
  gate: Gate,
  max: number,
): () => void {
  const source: Source = { recorder, gate, max };
  const existing = DEFINITIONS.map(({ name }) =>
    registry.getSingleMetric(name) as DatabaseMetric | undefined
  );
  const foreign = existing.findIndex((metric) => metric !== undefined && metric[SOURCES] === undefined);
  if (foreign >= 0) {
    throw new TypeError(
      `Cannot register database metrics: the registry has a "${
        DEFINITIONS[foreign]!.name
      }" of its own; remove it or pass another registry`,
    );
  }
  const sources = DEFINITIONS.map((definition, index) => {
    const known = existing[index]?.[SOURCES];
    if (known !== undefined) return known.add(source);
    const added = new Set([source]);
    registry.registerMetric(createMetric(definition, added) as never);
    return added;
  });
  return () => sources.forEach((each) => each.delete(source));
}

function createMetric(
  { name, help, type, samples }: typeof DEFINITIONS[number],
  sources: Set<Source>,
): object {
  return {
    name,
    help,
    type,
    [SOURCES]: sources,
    get: () => Promise.resolve({ name, help, type, aggregator: "sum", values: [...merge(sources, samples)] }),
    reset: () => sources.forEach(({ recorder }) => recorder.reset()),
  };
}

/** The samples of all pools; two of one service and database add up in one series. */
function merge(sources: Iterable<Source>, samples: (source: Source) => Iterable<Sample>): Iterable<Sample> {
  const merged = new Map<string, Sample>();
  for (const source of sources) {
    for (const sample of samples(source)) {
      const key = JSON.stringify([sample.metricName, sample.labels]);
      const value = sample.value + (merged.get(key)?.value ?? 0);
      merged.set(key, { ...sample, value });
    }
  }
  return merged.values();
}

function* queryDuration(source: Source): Generator<Sample> {
  const name = "db_query_duration_seconds";
  for (const { operation, table, counts, sum } of source.recorder.series()) {
    const labels = { ...labelsOf(source), operation, table };
    let total = 0;
    for (let bucket = 0; bucket < counts.length; bucket++) {
      total += counts[bucket]!;
      const le = formatBound(BUCKETS[bucket]);
      yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
    }
    yield { metricName: `${name}_sum`, labels, value: sum };
    yield { metricName: `${name}_count`, labels, value: total };
  }
}

function labelsOf({ recorder: { service, database } }: Source): Record<string, string> {
  return { service, database };
}
