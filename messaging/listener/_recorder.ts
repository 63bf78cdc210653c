import type { SourceCounters } from "./_source_counters.ts";

/** The numbers of one listener that a scrape reads. */
export class Recorder {
  readonly counters: readonly SourceCounters[];
  /** Number of messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;

  readonly #isPaused: () => boolean;

  constructor(counters: readonly SourceCounters[], isPaused: () => boolean) {
    this.counters = counters;
    this.#isPaused = isPaused;
  }

  /** Whether the listener is paused. */
  get isPaused(): boolean {
    return this.#isPaused();
  }
}
