import type { SourceCounters } from "./_source_counters.ts";

/** The numbers of one listener that a scrape reads. */
export class Recorder {
  readonly counters: readonly SourceCounters[];
  /** Number of messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;

  constructor(counters: readonly SourceCounters[]) {
    this.counters = counters;
  }
}
