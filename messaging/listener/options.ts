import type { RequestContext } from "../../context/request_context.ts";
import type { Sql } from "../../db/sql.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import type { AnyEventContract, EventContract } from "../contract/define_event.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** The event type that a contract describes. */
export type EventOf<Contract> = Contract extends EventContract<infer Data, infer _Input, infer Subject>
  ? GlamEvent<Data, Subject>
  : never;

/** The argument of a handler. Members that cost time are created when they are first read. */
export interface EventArguments<Event extends GlamEvent = GlamEvent, Deps = unknown> {
  /**
   * The event, with `data` validated by its contract. In a listener of several events, `event_type` discriminates:
   * `if (event.event_type === OrderPlaced.subject)` narrows the type of `event.data`.
   */
  readonly event: Event;
  /** The same as `event.data`; in a listener of several events, a union. */
  readonly data: Event["data"];
  /** The headers of the message; empty for events of the Python package. */
  readonly headers: MessageHeaders;
  /** The request context that the handler runs in; `getContext()` returns the same object. */
  readonly context: RequestContext;
  /** Number of this attempt, counted in this process, from 1 to `maxAttempts`. */
  readonly attempt: number;
  /** Aborts after `maxHandlerMs`, and `graceMs` after the listener was told to stop. */
  readonly signal: AbortSignal;
  /** The `deps` option of the listener. */
  readonly deps: Deps;
  /** The logger of the listener; where it has `child`, each line carries `event_type`, `event_id` and `attempt`. */
  readonly log: LoggerLike;
  /** Position of the message in its stream, and its delivery count. */
  readonly message: MessageDetails;
}

/** What a handler is given in addition where its listener has an inbox. */
export interface InboxArguments {
  /**
   * The transaction in which the handler runs and its event is marked as handled. Queries through the database join it
   * automatically; `tx` is for code that wants to be explicit. It is committed after the handler has resolved.
   */
  readonly tx: Sql;
}

/** {@link InboxArguments} for a listener with an inbox, else `unknown`. */
export type ArgumentsOf<Kept extends Inbox | undefined> = Kept extends Inbox ? InboxArguments : unknown;

/** Position of a message in its stream, and its delivery count. */
export interface MessageDetails {
  /** Subject it was published to. */
  readonly subject: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** Name of the durable consumer. */
  readonly consumer: string;
  /** How often the server has delivered it, to any process, this delivery included. */
  readonly deliveryCount: number;
  /** When the stream stored it, in milliseconds since 1970. */
  readonly storedAt: number;
}

/** Handles one event. A result or a resolved promise acknowledges the event; an exception or a rejection is a failed attempt. */
export type EventHandler<
  Event extends GlamEvent = GlamEvent,
  Deps = unknown,
  Kept extends Inbox | undefined = undefined,
> = (args: EventArguments<Event, Deps> & ArgumentsOf<Kept>) => unknown;

/** Runs around each call of the handler; `await next()` calls the next middleware or the handler. */
export type ListenerMiddleware<
  Event extends GlamEvent = GlamEvent,
  Deps = unknown,
  Kept extends Inbox | undefined = undefined,
> = (args: EventArguments<Event, Deps> & ArgumentsOf<Kept>, next: () => Promise<unknown>) => unknown;

/** What to do with a message whose handler failed: drop it, make it a dead letter, or try again. */
export type FailureDecision = "ack" | "dlq" | "retry";

/** A failed attempt, as passed to `onError`. */
export interface FailedAttempt<Event extends GlamEvent = GlamEvent> {
  /** The event. */
  readonly event: Event;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The decision that holds where `onError` returns `undefined`. */
  readonly decision: FailureDecision;
  /** Position of the message in its stream, and its delivery count. */
  readonly message: MessageDetails;
}

/** Options of {@link createListener}. */
export interface ListenerOptions<
  Contracts extends readonly AnyEventContract[],
  Deps = undefined,
  Kept extends Inbox | undefined = undefined,
> {
  /** Name of the service, and first part of the durable names: letters, digits, `_` and `-`. */
  readonly service: string;
  /** Second part of the durable names. Processes with the same service and queue group share the events. */
  readonly queueGroup: string;
  /** The events to listen to, at least one; each gets a durable consumer of its own. */
  readonly events: Contracts;
  /** Handles one event. */
  readonly handle: EventHandler<EventOf<Contracts[number]>, Deps, Kept>;
  /** Passed to the handler unchanged. */
  readonly deps?: Deps | undefined;
  /**
   * Records which events were handled, so that the effects of the handler on that database happen once. Handler and
   * middleware run in a transaction, and the event is acknowledged after its commit. An event that was handled before is
   * acknowledged without a call. While the database cannot be reached, events wait, which is not a failed attempt.
   *
   * Each running handler holds a connection: make the pool larger than `concurrency`.
   */
  readonly inbox?: Kept;
  /**
   * How many handlers run at a time, from 1 to 10,000.
   * @default 1; 16 where all events have partitions
   */
  readonly concurrency?: number | undefined;
  /**
   * How many attempts a message gets, from 1 to 1,000, before it becomes a dead letter.
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The ack wait of the durable consumer in milliseconds, from 100: a message that is neither settled nor extended for so long
   * is delivered again, to any process. The listener extends the messages that it holds.
   * @default 30000; 10000 for an event with partitions
   */
  readonly ackWaitMs?: number | undefined;
  /**
   * Milliseconds before the second attempt, before the third, and so on; the last value repeats. Jitter makes each delay up
   * to 20 % longer, never shorter.
   * @default [1000, 5000]
   */
  readonly backoffMs?: readonly number[] | undefined;
  /**
   * How long a handler may take, in milliseconds, from 1. After that its signal aborts, the attempt has failed, and its slot
   * is free.
   * @default ten times `ackWaitMs`
   */
  readonly maxHandlerMs?: number | undefined;
  /**
   * How long `stop()` waits for running handlers, in milliseconds, from 0.
   * @default 20000
   */
  readonly graceMs?: number | undefined;
  /**
   * How many messages of each event to buffer beside those being handled, from 1 to 10,000.
   * @default the greater of 32 and twice `concurrency`
   */
  readonly prefetch?: number | undefined;
  /**
   * Returns the key of an event. Events with the same key are handled one after another in stream order, retries included;
   * `undefined` imposes no order. Holds within one process. Not allowed with an event that has partitions, whose contract
   * has the key.
   */
  readonly keyOf?: ((event: EventOf<Contracts[number]>) => number | string | undefined) | undefined;
  /**
   * Decides about a failed attempt; `undefined` keeps `decision`. `"ack"` drops the message, `"dlq"` makes it a dead letter,
   * `"retry"` tries again, but not after the last attempt. Where it throws, or takes ten seconds, `decision` holds.
   */
  readonly onError?:
    | ((
      error: unknown,
      failed: FailedAttempt<EventOf<Contracts[number]>>,
    ) => FailureDecision | undefined | void | Promise<FailureDecision | undefined | void>)
    | undefined;
  /**
   * What a dead letter means for the later events of its partition; for listeners whose events all have partitions.
   *
   * - `"continue"`: they are handled.
   * - `"hold"`: they wait, in every process, until an operator has decided about the dead letter. Redriven, the event is
   *   handled again in its place; purged, it is left out. See `docs/partitions.md`.
   * @default "continue"
   */
  readonly onDeadLetter?: "continue" | "hold" | undefined;
  /** Runs around each call of the handler, the first one outermost. */
  readonly middleware?: readonly ListenerMiddleware<EventOf<Contracts[number]>, Deps, Kept>[] | undefined;
  /**
   * Logs failures, dead letters and recoveries.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
  /** The result of `createMetrics`, which exposes the numbers of the listener. */
  readonly metrics?: Metrics | undefined;
  /**
   * Whether to change a durable consumer that exists with another configuration. Without it, `start()` rejects and names the
   * difference, because another process may rely on it; after it, listeners with the former `ackWaitMs` still start.
   * @default false
   */
  readonly repair?: boolean | undefined;
}
