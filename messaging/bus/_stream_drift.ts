import { coversFilter } from "../contract/_subject.ts";
import type { StreamConfig } from "./stream.ts";

/** A stream's configuration with every default filled in; limits that are not set are `undefined`. */
export type FullStreamConfig = Required<StreamConfig>;

/** Fills in the defaults. */
export function fullStreamConfig(config: StreamConfig): FullStreamConfig {
  const { maxAgeMs, duplicateWindowMs = Math.min(120_000, maxAgeMs ?? Infinity) } = config;
  return {
    name: config.name,
    subjects: config.subjects,
    maxAgeMs,
    maxMessages: config.maxMessages,
    maxBytes: config.maxBytes,
    maxMessageBytes: config.maxMessageBytes,
    discard: config.discard ?? "old",
    duplicateWindowMs,
    storage: config.storage ?? "file",
    replicas: config.replicas ?? 1,
    compression: config.compression ?? "none",
    allowMessageTtl: config.allowMessageTtl ?? false,
  };
}

/** How a stream differs from the wanted configuration. */
export interface StreamDrift {
  /** All subjects, old and missing ones, without those covered by another; `undefined` where none was missing. */
  readonly widened: readonly string[] | undefined;
  /** Descriptions of the other differences that an update can remove. */
  readonly drift: readonly string[];
  /** Descriptions of the differences that only a new stream would remove. */
  readonly fixed: readonly string[];
}

/** Compares a stream with the wanted configuration. Optional settings that `wanted` leaves out are not compared. */
export function streamDrift(actual: StreamConfig, wanted: StreamConfig): StreamDrift {
  const [is, want] = [fullStreamConfig(actual), fullStreamConfig(wanted)];
  const missing = want.subjects.filter((subject) => !is.subjects.some((own) => coversFilter(own, subject)));
  const kept = is.subjects.filter((own) => !missing.some((subject) => coversFilter(subject, own)));
  const differ = (name: keyof FullStreamConfig, words: string, show: (value: unknown) => string = String) =>
    is[name] === want[name] ? [] : [`${words} is ${show(is[name])}, expected ${show(want[name])}`];
  const unlessOpen = (name: keyof StreamConfig, found: readonly string[]) =>
    wanted[name] === undefined ? [] : found;
  return {
    widened: missing.length === 0 ? undefined : [...kept, ...missing],
    drift: [
      ...differ("maxAgeMs", "max_age", duration),
      ...differ("maxMessages", "max_msgs", limit),
      ...unlessOpen("maxBytes", differ("maxBytes", "max_bytes", limit)),
      ...unlessOpen("maxMessageBytes", differ("maxMessageBytes", "max_msg_size", limit)),
      ...differ("discard", "discard"),
      ...unlessOpen("duplicateWindowMs", differ("duplicateWindowMs", "duplicate_window", duration)),
      ...unlessOpen("replicas", differ("replicas", "num_replicas")),
      ...unlessOpen("compression", differ("compression", "compression")),
      ...unlessOpen("allowMessageTtl", differ("allowMessageTtl", "allow_msg_ttl")),
    ],
    fixed: unlessOpen("storage", differ("storage", "storage")),
  };
}

function limit(value: unknown): string {
  return value === undefined ? "unlimited" : String(value);
}

const UNITS = [["h", 3_600_000], ["m", 60_000], ["s", 1000], ["ms", 1]] as const;

function duration(value: unknown): string {
  if (typeof value !== "number") return "unlimited";
  const [unit, size] = UNITS.find(([, size]) => value % size === 0) ?? ["ms", 1];
  return `${value / size}${unit}`;
}
