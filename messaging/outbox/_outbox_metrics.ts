import type { Metrics } from "../../metrics/create_metrics.ts";
import { type SharedMetric, type SharedMetrics, showShared } from "../../metrics/shared_metrics.ts";
import type { OutboxRecorder } from "./_recorder.ts";
import type { Counts } from "./_store.ts";

// Gauges describe the table: of several relays on one table, the last one is shown.
const OUTBOXES: SharedMetrics<OutboxRecorder> = {
  kind: "outbox",
  symbol: Symbol.for("@glam/shared.metrics.outboxes.v1"),
  metrics: [
    {
      name: "outbox_pending",
      help: "Events that are due and not sent",
      type: "gauge",
      merge: "last",
      samples: counted(({ pending }) => pending),
    },
    {
      name: "outbox_delayed",
      help: "Events that are not due yet",
      type: "gauge",
      merge: "last",
      samples: counted(({ delayed }) => delayed),
    },
    {
      name: "outbox_dead",
      help: "Events that were given up",
      type: "gauge",
      merge: "last",
      samples: counted(({ dead }) => dead),
    },
    {
      name: "outbox_oldest_age_seconds",
      help: "For how long the oldest event that is not sent has been due",
      type: "gauge",
      merge: "last",
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
  ],
  reset({ sentBySubject, failures }) {
    sentBySubject.clear();
    failures.clear();
  },
};

/**
 * Adds the numbers of a relay to `metrics`; returns the function that removes them.
 *
 * @throws {TypeError} when the registry has a metric of the same name that is not this package's.
 */
export async function showOutbox(metrics: Metrics, recorder: OutboxRecorder): Promise<() => void> {
  return showShared(OUTBOXES, await metrics.registry(), recorder);
}

/** One count of the table; no sample when the database does not answer. */
function counted(value: (counts: Counts) => number): SharedMetric<OutboxRecorder>["samples"] {
  return async (recorder) => {
    const counts = await recorder.counts();
    return counts === undefined ? [] : [{ labels: labelsOf(recorder), value: value(counts) }];
  };
}

function labelsOf({ service, table }: OutboxRecorder): Record<string, string> {
  return { service, table };
}
