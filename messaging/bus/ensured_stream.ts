import type { StreamReport } from "./stream.ts";

/** The report of one of the fleet's streams. */
export interface EnsuredStream extends Omit<StreamReport, "outcome"> {
  /** Name of the stream. */
  readonly name: string;
  /** What was done; `absent` is a stream that was not created, since other streams have its subjects. */
  readonly outcome: StreamReport["outcome"] | "absent";
}
