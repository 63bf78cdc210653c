import type { Metrics } from "../../metrics/create_metrics.ts";
import {
  histogramSamples,
  type Sample,
  type SharedMetric,
  type SharedMetrics,
  showShared,
} from "../../metrics/shared_metrics.ts";
import { HANDLER_BUCKETS, type Outcome, type SourceCounters } from "./_source_counters.ts";
import type { Recorder } from "./_recorder.ts";

const DURATION = "messaging_handler_duration_seconds";

const LISTENERS: SharedMetrics<Recorder> = {
  kind: "messaging",
  symbol: Symbol.for("@glam/shared.metrics.listeners.v1"),
  metrics: [
    {
      name: "messaging_consumed_total",
      help: "Events consumed, by outcome",
      type: "counter",
      *samples({ counters }) {
        for (const each of counters) {
          for (const [outcome, value] of Object.entries(each.outcomes) as [Outcome, number][]) {
            yield { labels: { ...labelsOf(each), outcome }, value };
          }
        }
      },
    },
    {
      name: "messaging_redeliveries_total",
      help: "Deliveries that were not the first of their message",
      type: "counter",
      samples: perSource(({ redeliveries }) => redeliveries),
    },
    {
      name: "messaging_ack_failures_total",
      help: "Messages delivered again after this process had acknowledged them",
      type: "counter",
      samples: perSource(({ ackFailures }) => ackFailures),
    },
    {
      name: "messages_expired_total",
      help: "Messages that the stream dropped before they were handled, at least",
      type: "counter",
      samples: perSource(({ expired }) => expired),
    },
    {
      name: "messaging_handlers_in_flight",
      help: "Handlers running",
      type: "gauge",
      samples: perSource(({ source }) => source.running),
    },
    {
      name: "messaging_held_messages",
      help: "Messages delivered to this process and not settled yet",
      type: "gauge",
      samples: perSource(({ source }) => source.held.size),
    },
    {
      name: "messaging_consumer_lag",
      help: "Messages that the durable consumer has not delivered yet",
      type: "gauge",
      merge: "last",
      samples: perSource(({ lag }) => lag),
    },
    {
      name: "messaging_partitions_on_hold",
      help: "Partitions that wait until a dead letter is redriven or purged",
      type: "gauge",
      samples: perSource(({ source }) => source.onHold),
    },
    {
      name: "messaging_listener_paused",
      help: "Whether the listener is paused: 1 or 0",
      type: "gauge",
      *samples({ counters, isPaused }) {
        for (const each of counters) yield { labels: labelsOf(each), value: isPaused ? 1 : 0 };
      },
    },
    {
      name: DURATION,
      help: "Duration of event handlers in seconds",
      type: "histogram",
      samples: durations,
    },
    {
      name: "messaging_dlq_depth",
      help: "Messages in the stream of dead letters",
      type: "gauge",
      merge: "last",
      *samples({ dlqDepth }) {
        if (dlqDepth !== undefined) yield { labels: {}, value: dlqDepth };
      },
    },
  ],
  reset({ counters }) {
    for (const each of counters) each.reset();
  },
};

/**
 * Adds the numbers of a listener to the exposition of `metrics`. Returns a function that removes them.
 *
 * @throws {TypeError} when the registry has a foreign metric with one of these names.
 */
export async function exposeListenerMetrics(metrics: Metrics, recorder: Recorder): Promise<() => void> {
  return showShared(LISTENERS, await metrics.registry(), recorder);
}

function perSource(value: (counters: SourceCounters) => number): SharedMetric<Recorder>["samples"] {
  return function* ({ counters }) {
    for (const each of counters) yield { labels: labelsOf(each), value: value(each) };
  };
}

function* durations({ counters }: Recorder): Generator<Sample> {
  for (const each of counters) {
    yield* histogramSamples(DURATION, labelsOf(each), {
      bounds: HANDLER_BUCKETS,
      counts: each.counts,
      sum: each.sum,
    });
  }
}

function labelsOf({ service, queueGroup, source }: SourceCounters): Record<string, string> {
  return { service, queue_group: queueGroup, subject: source.settings.contract.subject };
}
