import type { DriverQuery } from "../connection/_driver.ts";
import type { SpanLike } from "../tracer.ts";

/** Called at the start and the end of each query. */
export interface QueryObserver {
  start(query: DriverQuery): SpanLike | undefined;
  end(query: DriverQuery, span: SpanLike | undefined, since: number, error: Error | undefined): void;
}
