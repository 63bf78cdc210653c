import type { ConsumerStats } from "./listener.ts";
import type { SourceSettings } from "./_settings.ts";

/** The outcome of a message or, for `retry`, of an attempt. */
export type Outcome = "dlq" | "duplicate" | "ignored" | "invalid" | "ok" | "retry";

/** Upper bounds of the duration buckets, in seconds. */
export const HANDLER_BUCKETS: readonly number[] = [
  0.001,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
  300,
];

/** The members of a source that a scrape reads. */
export interface CountedSource {
  readonly settings: SourceSettings;
  readonly running: number;
  readonly onHold: number;
  readonly held: { readonly size: number };
}

/** The numbers of one source, kept in plain fields; only a scrape turns them into labelled metrics. */
export class SourceCounters {
  readonly service: string;
  readonly queueGroup: string;
  readonly source: CountedSource;
  readonly outcomes: Record<Outcome, number> = {
    dlq: 0,
    duplicate: 0,
    ignored: 0,
    invalid: 0,
    ok: 0,
    retry: 0,
  };
  readonly counts: Float64Array = new Float64Array(HANDLER_BUCKETS.length + 1);
  sum = 0;
  redeliveries = 0;
  /** Number of messages delivered again after this process had settled them. */
  ackFailures = 0;
  expired = 0;
  /** Number of messages that the consumer has not delivered yet, as last seen. */
  lag = 0;

  constructor(service: string, queueGroup: string, source: CountedSource) {
    this.service = service;
    this.queueGroup = queueGroup;
    this.source = source;
  }

  /** Counts one call of the handler by its duration. */
  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < HANDLER_BUCKETS.length && seconds > HANDLER_BUCKETS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
  }

  stats(): ConsumerStats {
    const { outcomes: { dlq, invalid, retry }, source } = this;
    return {
      subject: source.settings.contract.subject,
      durable: source.settings.durable,
      calls: this.counts.reduce((sum, count) => sum + count, 0),
      failures: retry + dlq + invalid,
      dead_letters: dlq + invalid,
      seconds: this.sum,
      lag: this.lag,
      held: source.held.size,
      in_flight: source.running,
      expired: this.expired,
    };
  }

  reset(): void {
    for (const outcome of Object.keys(this.outcomes) as Outcome[]) this.outcomes[outcome] = 0;
    this.counts.fill(0);
    this.sum =
      this.redeliveries =
      this.ackFailures =
      this.expired =
        0;
  }
}
