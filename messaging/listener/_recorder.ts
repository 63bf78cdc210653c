import type { Metrics } from "../../metrics/create_metrics.ts";
import { showSources } from "./_expose.ts";
import type { SourceNumbers } from "./_numbers.ts";

/** What one listener shows of itself to a scrape. */
export class Recorder {
  readonly numbers: readonly SourceNumbers[];
  /** Messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;
  #hide: () => void = () => {};

  constructor(numbers: readonly SourceNumbers[]) {
    this.numbers = numbers;
  }

  async show(metrics: Metrics | undefined): Promise<void> {
    if (metrics !== undefined) this.#hide = showSources(await metrics.registry(), this);
  }

  hide(): void {
    this.#hide();
  }
}
