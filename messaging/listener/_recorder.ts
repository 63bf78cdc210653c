import type { SourceNumbers } from "./_numbers.ts";

/** What one listener shows of itself to a scrape. */
export class Recorder {
  readonly numbers: readonly SourceNumbers[];
  /** Messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;

  constructor(numbers: readonly SourceNumbers[]) {
    this.numbers = numbers;
  }
}
