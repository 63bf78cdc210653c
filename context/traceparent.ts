import { randomHex } from "../internal/random.ts";

/** The fields of a W3C `traceparent` header. */
export interface Traceparent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero: the span of the sender. */
  readonly parentId: string;
  /** The flags of level 2: 1 sampled, 2 random trace id. Bits without a meaning are cleared. */
  readonly flags: number;
}

// Version 00 ends after the flags; a later version may go on behind another dash (W3C Trace Context, 4.3).
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const KNOWN_FLAGS = 0b11;
const RANDOM_TRACE_ID = 0b10;

/**
 * The fields of a `traceparent`, or `undefined` where any part of it is illegal: then the whole header is to be
 * ignored and a new trace started.
 *
 * @see https://www.w3.org/TR/trace-context-2/#traceparent-header
 */
export function parseTraceparent(header: string): Traceparent | undefined {
  const match = TRACEPARENT.exec(header);
  if (match === null || (match[1] === "00" && match[5] !== undefined)) return undefined;
  return { traceId: match[2]!, parentId: match[3]!, flags: parseInt(match[4]!, 16) & KNOWN_FLAGS };
}

/** The `traceparent` (version 00) with these fields. */
export function formatTraceparent({ traceId, parentId, flags }: Traceparent): string {
  return "00-" + traceId + "-" + parentId + FLAGS[flags & KNOWN_FLAGS];
}

const FLAGS = ["-00", "-01", "-02", "-03"] as const;

/** A new, unsampled trace with a random id. */
export function newTraceparent(): string {
  return "00-" + randomHex(32) + "-" + randomHex(16) + FLAGS[RANDOM_TRACE_ID];
}

/** The same trace as `traceparent` (one of our own making), with a new parent id: for the next hop. */
export function nextHop(traceparent: string): string {
  return traceparent.slice(0, 36) + randomHex(16) + traceparent.slice(52);
}

/** The trace id within a well-formed version 00 `traceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
