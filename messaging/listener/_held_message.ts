import type { TraceHeaders } from "../../context/trace.ts";
import type { Timer } from "../bus/clock.ts";
import type { Delivery } from "../bus/consumer.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { Failure } from "./_failure.ts";
import type { RequestContext } from "../../context/request_context.ts";
import type { SpanHandle } from "../../internal/spans.ts";
import type { SourceCounters } from "./_source_counters.ts";
import type { RecentlySettled } from "./_recently_settled.ts";
import type { SourceSettings } from "./_settings.ts";

/**
 * Where a message is in this process:
 * - `ready`: waits for a free place;
 * - `queued`: waits in its lane behind another one;
 * - `running`: its handler runs, or its failure is being judged;
 * - `waiting`: waits for its next attempt, or for the dead letters to have room;
 * - `dead_lettering`: its dead letter is being written;
 * - `gone`: it is settled or given back.
 */
export type HeldMessageState = "dead_lettering" | "gone" | "queued" | "ready" | "running" | "waiting";

/** The messages of one key: one is at work, the others wait behind it. */
export interface KeyQueue {
  readonly key: unknown;
  readonly queue: HeldMessage[];
}

/** A call of the handler that has not ended. */
export interface RunningCall {
  readonly context: RequestContext;
  /** Whether the handler was called, where that waits for a transaction. */
  readonly hasBegun: boolean;
  /** Aborts the handler's signal. */
  abort(reason: unknown): void;
}

/** The durable consumer that a message came from, in the part that its messages need. */
export interface HeldSource {
  readonly settings: SourceSettings;
  readonly counters: SourceCounters;
  readonly settled: RecentlySettled;
  /** Messages that wait for nothing but a free place. */
  ready: number;
  /** Messages whose handler runs. */
  running: number;
  /** Whether another message may wait here instead of being given back. */
  readonly hasRoomToWait: boolean;
  /** Asks for as many messages as there is room for. */
  refill(): void;
  /** Holds a message no longer. */
  release(held: HeldMessage): void;
}

/** A message that this process holds: delivered to it and not settled yet. */
export class HeldMessage implements TraceHeaders {
  /** Its newest delivery: settling any of them settles the message, the newest is the one that counts for sure. */
  delivery: Delivery;
  state: HeldMessageState = "ready";
  /** When the server last heard of it. */
  extendedAt: number;
  /** When its handler was called. */
  startedAt = 0;
  event: GlamEvent | undefined = undefined;
  keyQueue: KeyQueue | undefined = undefined;
  invocation: RunningCall | undefined = undefined;
  /** Attempts that failed in this process. */
  failures = 0;
  firstFailedAt: number | undefined = undefined;
  /** Why it has to be a dead letter. */
  deadLetterCause: Failure | undefined = undefined;
  /** What its end is counted as, where that is a dead letter. */
  outcome: "dlq" | "invalid" = "dlq";
  /** How often nobody knew whether what its handler had done was committed. */
  unknownCommits = 0;
  /** How often its dead letter could not be written. */
  deadLetterFailures = 0;
  /** Whether it has to run alone, since it may be what kills processes. */
  suspect = false;
  /** Until when it waits. */
  dueAt = 0;
  timer: Timer | undefined = undefined;
  span: SpanHandle | undefined = undefined;
  readonly source: HeldSource;
  readonly sequence: number;

  constructor(source: HeldSource, delivery: Delivery, sequence: number, now: number) {
    this.source = source;
    this.delivery = delivery;
    this.sequence = sequence;
    this.extendedAt = now;
  }

  /** The value of a header of the message, for its trace. */
  get(name: string): string | null {
    return this.delivery.headers.get(name) ?? null;
  }
}
