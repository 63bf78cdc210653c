import type { StreamConfig } from "./stream.ts";

const HOUR_MS = 3_600_000;

/** Names of the fleet's streams. */
export const Streams = {
  /** Stores every event and command. */
  EVENTS: "GLAM_EVENTS",
  /** Stores dead letters. */
  DLQ: "GLAM_DLQ",
} as const;
/** Name of a stream of the fleet. */
export type Streams = typeof Streams[keyof typeof Streams];

/** Configuration of the fleet's streams. */
export const STREAM_CONFIGS: readonly [events: StreamConfig, dlq: StreamConfig] = [
  {
    name: Streams.EVENTS,
    subjects: ["evt.>", "cmd.>"],
    maxAgeMs: 24 * HOUR_MS,
    maxMessages: 1_000_000,
    discard: "old",
    storage: "file",
  },
  {
    name: Streams.DLQ,
    subjects: ["dlq.>"],
    maxAgeMs: 168 * HOUR_MS,
    maxMessages: 100_000,
    discard: "new", // a dead letter is never dropped for a newer one
    storage: "file",
  },
];
