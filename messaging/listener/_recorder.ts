import type { SourceCounters } from "./_source_counters.ts";

/** What one listener shows of itself to a scrape. */
export class Recorder {
  readonly counters: readonly SourceCounters[];
  /** Messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;

  constructor(counters: readonly SourceCounters[]) {
    this.counters = counters;
  }
}
