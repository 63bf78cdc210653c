import type { TraceHeaders } from "../../context/trace.ts";
import type { Timer } from "../bus/clock.ts";
import type { Delivery } from "../bus/consumer.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { ConsumerSpan } from "./_consumer_span.ts";
import type { Failure } from "./_failure.ts";
import type { Invocation } from "./_invocation.ts";
import type { Lane } from "./_lanes.ts";
import type { Source } from "./_source.ts";

/**
 * Where a message is in this process:
 * - `ready`: waits for a free place;
 * - `queued`: waits in its lane behind another one;
 * - `running`: its handler runs, or its failure is being judged;
 * - `waiting`: waits for its next attempt, or for the dead letters to have room;
 * - `burying`: its dead letter is being written;
 * - `gone`: it is settled or given back.
 */
export type HeldState = "burying" | "gone" | "queued" | "ready" | "running" | "waiting";

/** A message that this process holds: delivered to it and not settled yet. */
export class Held implements TraceHeaders {
  /** Its newest delivery: settling any of them settles the message, the newest is the one that counts for sure. */
  delivery: Delivery;
  state: HeldState = "ready";
  /** When the server last heard of it. */
  touchedAt: number;
  /** When its handler was called. */
  startedAt = 0;
  event: GlamEvent | undefined = undefined;
  lane: Lane | undefined = undefined;
  invocation: Invocation | undefined = undefined;
  /** Attempts that failed in this process. */
  failures = 0;
  firstFailedAt: number | undefined = undefined;
  /** Why it has to be a dead letter. */
  fate: Failure | undefined = undefined;
  /** What its end is counted as, where that is a dead letter. */
  outcome: "dlq" | "invalid" = "dlq";
  /** How often nobody knew whether what its handler had done was committed. */
  unsure = 0;
  /** How often its dead letter could not be written. */
  burials = 0;
  /** Whether it has to run alone, since it may be what kills processes. */
  suspect = false;
  /** Until when it waits. */
  dueAt = 0;
  timer: Timer | undefined = undefined;
  span: ConsumerSpan | undefined = undefined;
  readonly source: Source;
  readonly sequence: number;

  constructor(source: Source, delivery: Delivery, sequence: number, now: number) {
    this.source = source;
    this.delivery = delivery;
    this.sequence = sequence;
    this.touchedAt = now;
  }

  /** The value of a header of the message, for its trace. */
  get(name: string): string | null {
    return this.delivery.headers.get(name) ?? null;
  }
}
