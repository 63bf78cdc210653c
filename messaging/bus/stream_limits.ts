import { assertWhole } from "../../internal/assert_number.ts";
import type { StreamConfig } from "./stream.ts";

/** The server counts nanoseconds, which have to be exact. */
const MAX_AGE_MS = Math.floor(Number.MAX_SAFE_INTEGER / 1e6);

/** Limits of one of the fleet's streams. */
export interface StreamLimits {
  /**
   * Age limit of a message in milliseconds, from 1000.
   * @default 24 hours, of dead letters 168 hours
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Limit on the number of messages, from 1.
   * @default 1000000, of dead letters 100000
   */
  readonly maxMessages?: number | undefined;
  /**
   * Limit on the size of the stream in bytes, from 1.
   * @default unlimited
   */
  readonly maxBytes?: number | undefined;
  /**
   * On how many nodes of a cluster the stream is kept: 1, 3 or 5.
   * @default 1
   */
  readonly replicas?: number | undefined;
}

/** Limits of the fleet's streams. All services of a fleet have to give the same. */
export interface FleetStreamLimits {
  /** Limits of `GLAM_EVENTS`. */
  readonly events?: StreamLimits | undefined;
  /** Limits of `GLAM_DLQ`. */
  readonly dlq?: StreamLimits | undefined;
}

/** A configuration with those of the limits that are set. */
export function withLimits(config: StreamConfig, limits: StreamLimits = {}): StreamConfig {
  const { maxAgeMs, maxMessages, maxBytes, replicas } = limits;
  return {
    ...config,
    ...maxAgeMs !== undefined && { maxAgeMs },
    ...maxMessages !== undefined && { maxMessages },
    ...maxBytes !== undefined && { maxBytes },
    ...replicas !== undefined && { replicas },
  };
}

/**
 * Checks limits of the fleet's streams; `only` is the name of one that is checked alone, as `events`.
 *
 * @throws {TypeError} when a key is unknown.
 * @throws {RangeError} when a number is out of range.
 */
export function assertStreamLimits(limits: FleetStreamLimits, only?: string): void {
  assertKeys("streams", limits, ["events", "dlq"]);
  for (
    const [stream, { maxAgeMs, maxMessages, maxBytes, replicas, ...rest } = {}] of Object.entries(limits)
  ) {
    const name = `streams.${only ?? stream}`;
    assertKeys(name, rest, []);
    if (maxAgeMs !== undefined) {
      assertWhole(`${name}.maxAgeMs`, maxAgeMs, 1000, MAX_AGE_MS);
    }
    if (maxMessages !== undefined) {
      assertWhole(`${name}.maxMessages`, maxMessages, 1);
    }
    if (maxBytes !== undefined) assertWhole(`${name}.maxBytes`, maxBytes, 1);
    if (replicas !== undefined && ![1, 3, 5].includes(replicas)) {
      throw new RangeError(`Expected \`${name}.replicas\` to be 1, 3 or 5, got ${replicas}`);
    }
  }
}

/** A misspelled limit would otherwise be no limit. */
function assertKeys(name: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(`Expected \`${name}\` to have no key ${JSON.stringify(unknown)}`);
  }
}
