import type { PrometheusRegistry } from "../../metrics/registry.ts";
import type { OutboxRecorder } from "./_recorder.ts";
import type { Counts } from "./_store.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  samples(recorder: OutboxRecorder): Promise<readonly Sample[]> | readonly Sample[];
}

interface OutboxMetric {
  readonly [RECORDERS]: Set<OutboxRecorder>;
}

// The same symbol in every copy of the package: several of them may meet in one registry.
const RECORDERS: unique symbol = Symbol.for("@glam/shared.metrics.outboxes.v1") as never;

const DEFINITIONS: readonly Definition[] = [
  {
    name: "outbox_pending",
    help: "Events that are due and not sent",
    type: "gauge",
    samples: counted(({ pending }) => pending),
  },
  {
    name: "outbox_delayed",
    help: "Events that are not due yet",
    type: "gauge",
    samples: counted(({ delayed }) => delayed),
  },
  {
    name: "outbox_dead",
    help: "Events that were given up",
    type: "gauge",
    samples: counted(({ dead }) => dead),
  },
  {
    name: "outbox_oldest_age_seconds",
    help: "For how long the oldest event that is not sent has been due",
    type: "gauge",
    samples: counted(({ oldest_age_seconds }) => oldest_age_seconds ?? 0),
  },
  {
    name: "outbox_sent_total",
    help: "Events that a stream has stored",
    type: "counter",
    samples: (recorder) =>
      Array.from(recorder.sentBySubject, ([subject, value]) => ({
        labels: { ...labelsOf(recorder), subject },
        value,
      })),
  },
  {
    name: "outbox_failed_total",
    help: "Attempts to publish an event that failed, by kind of failure",
    type: "counter",
    samples: (recorder) =>
      [...recorder.failures].flatMap(([subject, kinds]) =>
        Array.from(kinds, ([kind, value]) => ({ labels: { ...labelsOf(recorder), subject, kind }, value }))
      ),
  },
];

/**
 * Shows the numbers of a relay on `registry`, beside those that are on it already, until the function that it gives is
 * called.
 *
 * @throws {TypeError} when the registry has a metric of one of the names that is not this package's.
 */
export function showOutbox(registry: PrometheusRegistry, recorder: OutboxRecorder): () => void {
  const existing = DEFINITIONS.map(({ name }) => registry.getSingleMetric(name) as OutboxMetric | undefined);
  const foreign = existing.findIndex((metric) => metric !== undefined && metric[RECORDERS] === undefined);
  if (foreign >= 0) {
    throw new TypeError(
      `Cannot register outbox metrics: the registry has a "${
        DEFINITIONS[foreign]!.name
      }" of its own; remove it or pass another registry`,
    );
  }
  const shown = DEFINITIONS.map((definition, i) => {
    const known = existing[i]?.[RECORDERS];
    if (known !== undefined) return known.add(recorder);
    const recorders = new Set([recorder]);
    registry.registerMetric(toMetric(definition, recorders) as never);
    return recorders;
  });
  return () => shown.forEach((recorders) => recorders.delete(recorder));
}

function toMetric({ name, help, type, samples }: Definition, recorders: Set<OutboxRecorder>): object {
  return {
    name,
    help,
    type,
    [RECORDERS]: recorders,
    async get() {
      const merged = new Map<string, Sample>();
      for (const sample of (await Promise.all(Array.from(recorders, samples))).flat()) {
        const key = JSON.stringify(sample.labels);
        // Gauges are about the table: of several relays that look at one, the last one counts.
        const before = type === "gauge" ? 0 : merged.get(key)?.value ?? 0;
        merged.set(key, { ...sample, value: sample.value + before });
      }
      return { name, help, type, aggregator: "sum", values: [...merged.values()] };
    },
    reset() {
      for (const recorder of recorders) {
        recorder.sentBySubject.clear();
        recorder.failures.clear();
      }
    },
  };
}

/** One number of the table; none where the database does not answer. */
function counted(value: (counts: Counts) => number): Definition["samples"] {
  return async (recorder) => {
    const counts = await recorder.counts();
    return counts === undefined ? [] : [{ labels: labelsOf(recorder), value: value(counts) }];
  };
}

function labelsOf({ service, table }: OutboxRecorder): Record<string, string> {
  return { service, table };
}
