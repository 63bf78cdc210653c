import { MessageBusError } from "../../errors/infrastructure.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import { type Sample, type SharedMetrics, showShared } from "../../metrics/shared_metrics.ts";

/** The numbers of one publisher, kept in plain maps; only a scrape turns them into labelled metrics. */
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
  failed(subject: string): (error: unknown) => never {
    return (error) => {
      const kind = error instanceof MessageBusError ? error.kind ?? "other" : "other";
      let kinds = this.lost.get(subject);
      if (kinds === undefined) this.lost.set(subject, kinds = new Map());
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      throw error;
    };
  }

  async show(metrics: Metrics | undefined): Promise<void> {
    if (metrics !== undefined) showShared(PUBLISHERS, await metrics.registry(), this);
  }
}

const PUBLISHERS: SharedMetrics<PublishRecorder> = {
  kind: "messaging",
  symbol: Symbol.for("@glam/shared.metrics.publishers.v1"),
  metrics: [
    {
      name: "messaging_published_total",
      help: "Events that a stream has stored",
      type: "counter",
      samples: stored,
    },
    {
      name: "messaging_publish_failed_total",
      help: "Events given up, by kind of failure",
      type: "counter",
      samples: lost,
    },
  ],
  reset({ stored, lost }) {
    stored.clear();
    lost.clear();
  },
};

function* stored({ service, stored }: PublishRecorder): Iterable<Sample> {
  for (const [subject, value] of stored) yield { labels: { service, subject }, value };
}

function* lost({ service, lost }: PublishRecorder): Iterable<Sample> {
  for (const [subject, kinds] of lost) {
    for (const [kind, value] of kinds) yield { labels: { service, subject, kind }, value };
  }
}
