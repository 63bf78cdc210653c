import { formatBound } from "../../metrics/exposition.ts";
import type { PrometheusRegistry } from "../../metrics/registry.ts";
import { HANDLER_BUCKETS, type Outcome, type SourceNumbers } from "./_numbers.ts";
import type { Recorder } from "./_recorder.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(recorder: Recorder): Iterable<Sample>;
}

interface ListenerMetric {
  readonly [RECORDERS]: Set<Recorder>;
}

// The same symbol in every copy of the package: several of them may meet in one registry.
const RECORDERS: unique symbol = Symbol.for("@glam/shared.metrics.listeners.v1") as never;

const DEFINITIONS: readonly Definition[] = [
  {
    name: "messaging_consumed_total",
    help: "Events consumed, by what became of them",
    type: "counter",
    *samples({ numbers }) {
      for (const each of numbers) {
        for (const [outcome, value] of Object.entries(each.outcomes) as [Outcome, number][]) {
          yield { labels: { ...labelsOf(each), outcome }, value };
        }
      }
    },
  },
  {
    name: "messaging_redeliveries_total",
    help: "Messages that the server delivered not for the first time",
    type: "counter",
    samples: perSource(({ redeliveries }) => redeliveries),
  },
  {
    name: "messaging_ack_failures_total",
    help: "Messages delivered again although they had been acknowledged here",
    type: "counter",
    samples: perSource(({ ackFailures }) => ackFailures),
  },
  {
    name: "messages_expired_total",
    help: "Times that the stream dropped messages before they were handled, as far as seen",
    type: "counter",
    samples: perSource(({ expired }) => expired),
  },
  {
    name: "messaging_handlers_in_flight",
    help: "Handlers that run",
    type: "gauge",
    samples: perSource(({ source }) => source.running),
  },
  {
    name: "messaging_held_messages",
    help: "Messages that the listener holds: handled, buffered, or waiting for another attempt",
    type: "gauge",
    samples: perSource(({ source }) => source.held.size),
  },
  {
    name: "messaging_consumer_lag",
    help: "Messages that the durable consumer has not delivered yet",
    type: "gauge",
    samples: perSource(({ lag }) => lag),
  },
  {
    name: "messaging_handler_duration_seconds",
    help: "Duration of event handlers in seconds",
    type: "histogram",
    samples: durations,
  },
  {
    name: "messaging_dlq_depth",
    help: "Messages in the stream of dead letters",
    type: "gauge",
    *samples({ dlqDepth }) {
      if (dlqDepth !== undefined) yield { labels: {}, value: dlqDepth };
    },
  },
];

/** Gauges that are about the consumer or the stream: of several listeners that see one, the last one counts. */
const SHARED: ReadonlySet<string> = new Set(["messaging_consumer_lag", "messaging_dlq_depth"]);

/**
 * Shows the numbers of a listener on `registry`, beside those that are on it already, until the function that it gives is
 * called.
 *
 * @throws {TypeError} when the registry has a metric of one of the names that is not this package's.
 */
export function showSources(registry: PrometheusRegistry, recorder: Recorder): () => void {
  const existing = DEFINITIONS.map(({ name }) =>
    registry.getSingleMetric(name) as ListenerMetric | undefined
  );
  const foreign = existing.findIndex((metric) => metric !== undefined && metric[RECORDERS] === undefined);
  if (foreign >= 0) {
    throw new TypeError(
      `Cannot register messaging metrics: the registry has a "${
        DEFINITIONS[foreign]!.name
      }" of its own; remove it or pass another registry`,
    );
  }
  const shown = DEFINITIONS.map((definition, i) => {
    const known = existing[i]?.[RECORDERS];
    if (known !== undefined) return known.add(recorder);
    const recorders = new Set([recorder]);
    registry.registerMetric(createMetric(definition, recorders) as never);
    return recorders;
  });
  return () => shown.forEach((recorders) => recorders.delete(recorder));
}

function createMetric({ name, help, type, samples }: Definition, recorders: Set<Recorder>): object {
  return {
    name,
    help,
    type,
    [RECORDERS]: recorders,
    get() {
      const merged = new Map<string, Sample>();
      for (const recorder of recorders) {
        for (const sample of samples(recorder)) {
          const key = JSON.stringify([sample.metricName, sample.labels]);
          const before = SHARED.has(name) ? 0 : merged.get(key)?.value ?? 0;
          merged.set(key, { ...sample, value: sample.value + before });
        }
      }
      return Promise.resolve({ name, help, type, aggregator: "sum", values: [...merged.values()] });
    },
    reset() {
      for (const { numbers } of recorders) for (const each of numbers) each.reset();
    },
  };
}

function perSource(value: (numbers: SourceNumbers) => number): Definition["samples"] {
  return function* ({ numbers }) {
    for (const each of numbers) yield { labels: labelsOf(each), value: value(each) };
  };
}

function* durations({ numbers }: Recorder): Generator<Sample> {
  const name = "messaging_handler_duration_seconds";
  for (const each of numbers) {
    const labels = labelsOf(each);
    let total = 0;
    for (let bucket = 0; bucket < each.counts.length; bucket++) {
      total += each.counts[bucket]!;
      const le = formatBound(HANDLER_BUCKETS[bucket]);
      yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
    }
    yield { metricName: `${name}_sum`, labels, value: each.sum };
    yield { metricName: `${name}_count`, labels, value: total };
  }
}

function labelsOf({ service, queueGroup, source }: SourceNumbers): Record<string, string> {
  return { service, queue_group: queueGroup, subject: source.settings.contract.subject };
}
