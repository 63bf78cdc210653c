import type { DriverQuery } from "../connection/_driver.ts";
import type { SpanLike } from "../tracer.ts";

/** Sees every query of a pool; made only where somebody wants to see them. */
export interface QueryObserver {
  start(query: DriverQuery): SpanLike | undefined;
  end(query: DriverQuery, span: SpanLike | undefined, since: number, error: Error | undefined): void;
}
