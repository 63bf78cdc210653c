import type { StreamConsumer } from "../../messaging/bus/consumer.ts";
import type { StreamConfig, StreamInfo } from "../../messaging/bus/stream.ts";

/** Who or what stands in the way of a layout. */
export interface Obstacle {
  /** A service, a durable consumer, or a subject. */
  readonly kind: "durable" | "service" | "subject";
  readonly name: string;
  readonly reason: string;
}

/** A durable consumer whose subjects another stream would have. */
export interface ConcernedDurable {
  readonly name: string;
  readonly filterSubjects: readonly string[];
  /** Messages that it has not settled: to be delivered, and delivered. */
  readonly open: number;
}

/** Subjects that would go from one stream to another. */
export interface PlannedMove {
  readonly from: string;
  readonly to: string;
  readonly subjects: readonly string[];
  /** Messages that are stored under these subjects. */
  readonly messages: number;
  /** Their size in bytes, by the mean of the stream. */
  readonly bytes: number;
  readonly durables: readonly ConcernedDurable[];
}

/** What a change to a layout would take. */
export interface LayoutPlan {
  /** Streams that would be made, with their subjects. */
  readonly streams: readonly StreamConfig[];
  readonly moves: readonly PlannedMove[];
  /** The domains that `GLAM_EVENTS` would have to list: those that are stored, read or known, and of no other stream. */
  readonly listed: readonly string[];
  /** Who or what stands in the way. */
  readonly obstacles: readonly Obstacle[];
}

/** A stream with what is stored in it and who reads it. */
export interface StreamContent {
  readonly info: StreamInfo;
  readonly stored: ReadonlyMap<string, number>;
  readonly durables: readonly StreamConsumer[];
}
