import type { Metrics } from "../../metrics/create_metrics.ts";
import { showSources } from "./_expose.ts";
import { HANDLER_BUCKETS, type Outcome, SourceNumbers } from "./_numbers.ts";
import type { Source } from "./_source.ts";

/** The numbers of one listener, in plain fields: nothing but a scrape needs labelled metrics. */
export class Recorder {
  readonly numbers: ReadonlyMap<Source, SourceNumbers>;
  /** Messages in the stream of dead letters, as last seen. */
  dlqDepth: number | undefined = undefined;
  #hide: () => void = () => {};

  constructor(service: string, queueGroup: string, sources: readonly Source[]) {
    this.numbers = new Map(sources.map((source) => [source, new SourceNumbers(service, queueGroup, source)]));
  }

  count(source: Source, outcome: Outcome): void {
    this.numbers.get(source)!.outcomes[outcome]++;
  }

  redelivered(source: Source): void {
    this.numbers.get(source)!.redeliveries++;
  }

  observe(source: Source, seconds: number): void {
    const numbers = this.numbers.get(source)!;
    let bucket = 0;
    while (bucket < HANDLER_BUCKETS.length && seconds > HANDLER_BUCKETS[bucket]!) bucket++;
    numbers.counts[bucket]!++;
    numbers.sum += seconds;
  }

  async show(metrics: Metrics | undefined): Promise<void> {
    if (metrics !== undefined) this.#hide = showSources(await metrics.registry(), this);
  }

  hide(): void {
    this.#hide();
  }
}
