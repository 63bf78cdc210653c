import type { TraceHeaders } from "../../context/trace.ts";
import type { Timer } from "../bus/clock.ts";
import type { BusConsumer, Delivery } from "../bus/consumer.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { Failure } from "./_failure.ts";
import type { RequestContext } from "../../context/request_context.ts";
import type { SpanHandle } from "../../internal/spans.ts";
import type { SourceCounters } from "./_source_counters.ts";
import type { RecentlySettled } from "./_recently_settled.ts";
import type { SourceSettings } from "./_settings.ts";

/**
 * State of a message in this process:
 * - `ready`: waits for a free slot;
 * - `queued`: waits behind another message with its key;
 * - `running`: its handler runs, or `onError` decides about its failure;
 * - `waiting`: waits for its next attempt, or for another try to write its dead letter;
 * - `dead_lettering`: its dead letter is being written;
 * - `on_hold`: its dead letter is written, and holds up its partition;
 * - `gone`: it was settled or returned to the server.
 */
export type HeldMessageState =
  | "dead_lettering"
  | "gone"
  | "on_hold"
  | "queued"
  | "ready"
  | "running"
  | "waiting";

/** The messages of one key: the first is being handled, the others wait behind it in `queue`. */
export interface KeyQueue {
  readonly key: unknown;
  readonly queue: HeldMessage[];
}

/** A call of the handler that has not ended yet. */
export interface RunningCall {
  readonly context: RequestContext;
  /** Whether the handler was called; with an inbox that happens once its transaction is open. */
  readonly hasBegun: boolean;
  /** Aborts the handler's signal. */
  abort(reason: unknown): void;
}

/** What is read of the consumer, or of the consumers, of a source. */
export type ObservedConsumer = Pick<BusConsumer, "created" | "info" | "oldest">;

/** The part of a source that its messages need. */
export interface HeldSource {
  readonly settings: SourceSettings;
  readonly consumer: ObservedConsumer | undefined;
  readonly counters: SourceCounters;
  readonly settled: RecentlySettled;
  /** Number of messages that wait for a free slot. */
  ready: number;
  /** Number of messages whose handler runs. */
  running: number;
  /** Whether another message may wait in this process instead of being returned to the server. */
  readonly hasRoomToWait: boolean;
  /** Asks for as many messages as `prefetch` allows. */
  refill(): void;
  /** Removes a message that was settled or returned. */
  release(held: HeldMessage): void;
}

/** A message that was delivered to this process and is not settled yet. */
export class HeldMessage implements TraceHeaders {
  /** Its newest delivery, the one to answer. */
  delivery: Delivery;
  state: HeldMessageState = "ready";
  /** When its ack wait last started anew, in milliseconds since 1970. */
  extendedAt: number;
  /** When its handler was called, in milliseconds since 1970. */
  startedAt = 0;
  event: GlamEvent | undefined = undefined;
  keyQueue: KeyQueue | undefined = undefined;
  invocation: RunningCall | undefined = undefined;
  /** Number of attempts that failed in this process. */
  failures = 0;
  firstFailedAt: number | undefined = undefined;
  /** Why it becomes a dead letter; set once that is decided. */
  deadLetterCause: Failure | undefined = undefined;
  /** The outcome that its dead letter is counted as. */
  outcome: "dlq" | "invalid" = "dlq";
  /** How often the outcome of its commit was unknown. */
  unknownCommits = 0;
  /** How often its dead letter could not be written. */
  deadLetterFailures = 0;
  /** Whether it may be a message that kills its process, and therefore runs alone. */
  suspect = false;
  /** Whether its handler was told that the ack wait is over. */
  isLost = false;
  /** When its wait ends, in milliseconds since 1970. */
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

  /** The value of a header; read for the trace. */
  get(name: string): string | null {
    return this.delivery.headers.get(name) ?? null;
  }
}
