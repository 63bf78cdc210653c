import { MessageBusError } from "../errors/infrastructure.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { PrometheusRegistry } from "../metrics/registry.ts";
import type { OutgoingMessage } from "./message_bus.ts";

/** The numbers of one publisher, in plain maps: nothing but a scrape needs labelled metrics. */
export class PublishRecorder {
  readonly service: string;
  /** Events stored, by subject. */
  readonly stored: Map<string, number> = new Map();
  /** Events given up, by subject and kind. */
  readonly lost: Map<string, Map<string, number>> = new Map();

  constructor(service: string) {
    this.service = service;
  }

  published(subject: string): void {
    this.stored.set(subject, (this.stored.get(subject) ?? 0) + 1);
  }

  /** Counts a failure, and passes it on. */
  failed({ subject }: OutgoingMessage): (error: unknown) => never {
    return (error) => {
      const kind = error instanceof MessageBusError ? error.kind ?? "other" : "other";
      let kinds = this.lost.get(subject);
      if (kinds === undefined) this.lost.set(subject, kinds = new Map());
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      throw error;
    };
  }

  async show(metrics: Metrics | undefined): Promise<void> {
    if (metrics !== undefined) showPublisher(await metrics.registry(), this);
  }
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface PublisherMetric {
  readonly [RECORDERS]: Set<PublishRecorder>;
}

// The same symbol in every copy of the package: several of them may meet in one registry.
const RECORDERS: unique symbol = Symbol.for("@glam/shared.metrics.publishers.v1") as never;

const DEFINITIONS = [
  { name: "messaging_published_total", help: "Events that a stream has stored", samples: stored },
  { name: "messaging_publish_failed_total", help: "Events given up, by kind of failure", samples: lost },
] as const;

function showPublisher(registry: PrometheusRegistry, recorder: PublishRecorder): void {
  for (const { name, help, samples } of DEFINITIONS) {
    const existing = registry.getSingleMetric(name) as PublisherMetric | undefined;
    if (existing === undefined) registry.registerMetric(toMetric(name, help, samples, recorder) as never);
    else if (existing[RECORDERS] !== undefined) existing[RECORDERS].add(recorder);
    else {
      throw new TypeError(
        `Cannot register messaging metrics: the registry has a "${name}" of its own; remove it or pass another registry`,
      );
    }
  }
}

function toMetric(
  name: string,
  help: string,
  samples: (recorder: PublishRecorder) => Iterable<Sample>,
  first: PublishRecorder,
): object {
  const recorders = new Set([first]);
  return {
    name,
    help,
    type: "counter",
    [RECORDERS]: recorders,
    get() {
      const merged = new Map<string, Sample>();
      for (const recorder of recorders) {
        for (const sample of samples(recorder)) {
          const key = JSON.stringify(sample.labels);
          merged.set(key, { ...sample, value: sample.value + (merged.get(key)?.value ?? 0) });
        }
      }
      return Promise.resolve({
        name,
        help,
        type: "counter",
        aggregator: "sum",
        values: [...merged.values()],
      });
    },
    reset() {
      for (const recorder of recorders) {
        recorder.stored.clear();
        recorder.lost.clear();
      }
    },
  };
}

function* stored({ service, stored }: PublishRecorder): Iterable<Sample> {
  for (const [subject, value] of stored) yield { labels: { service, subject }, value };
}

function* lost({ service, lost }: PublishRecorder): Iterable<Sample> {
  for (const [subject, kinds] of lost) {
    for (const [kind, value] of kinds) yield { labels: { service, subject, kind }, value };
  }
}
