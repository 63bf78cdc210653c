import type { RequestContext } from "../../context/request_context.ts";
import type { Sql } from "../../db/sql.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import type { AnyEventContract, EventContract } from "../contract/define_event.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** The event of a contract, as a handler gets it. */
export type EventOf<Contract> = Contract extends EventContract<infer Data, infer _Input, infer Subject>
  ? GlamEvent<Data, Subject>
  : never;

/** What a handler is called with. Members that cost something are made when they are first read. */
export interface EventArguments<Event extends GlamEvent = GlamEvent, Deps = unknown> {
  /**
   * The event, its data validated by the contract. Where a listener has several, `event.event_type` tells them apart:
   * `if (event.event_type === OrderPlaced.subject)` gives `event.data` its type.
   */
  readonly event: Event;
  /** The data of the event; of several events, the data of any. */
  readonly data: Event["data"];
  /** The headers of the message; empty where the Python package published it. */
  readonly headers: MessageHeaders;
  /** The request context that the handler runs in: `getContext()` gives the same. */
  readonly context: RequestContext;
  /** How often this process has tried, this time included; from 1 to `maxAttempts`. */
  readonly attempt: number;
  /** Aborts after `maxHandlerMs`, and when the listener stops and its grace is over. */
  readonly signal: AbortSignal;
  /** The `deps` of the listener. */
  readonly deps: Deps;
  /** The listener's logger, where it can with the event's type, its id and the attempt on each line. */
  readonly log: LoggerLike;
  /** Where the message is, and how often it was delivered. */
  readonly message: MessageDetails;
}

/** What a handler has besides where its listener has an inbox. */
export interface InboxArguments {
  /**
   * The transaction that the handler runs in, and that its event is marked as handled in. Queries of the database join it
   * by themselves; it is for those who want to see it. It ends with the handler.
   */
  readonly tx: Sql;
}

/** {@link InboxArguments} where there is an inbox, else nothing. */
export type ArgumentsOf<Kept extends Inbox | undefined> = Kept extends Inbox ? InboxArguments : unknown;

/** Where a message is. */
export interface MessageDetails {
  /** Subject it was published to. */
  readonly subject: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** Name of the durable consumer. */
  readonly consumer: string;
  /** How often the server has delivered it to any process, this time included. */
  readonly deliveryCount: number;
  /** When the stream stored it, in milliseconds since 1970. */
  readonly storedAt: number;
}

/** Handles one event. It is acknowledged after the promise resolves; a rejection is a failed attempt. */
export type EventHandler<
  Event extends GlamEvent = GlamEvent,
  Deps = unknown,
  Kept extends Inbox | undefined = undefined,
> = (args: EventArguments<Event, Deps> & ArgumentsOf<Kept>) => unknown;

/** Runs around each call of the handler: `await next()` calls what is inside. */
export type ListenerMiddleware<
  Event extends GlamEvent = GlamEvent,
  Deps = unknown,
  Kept extends Inbox | undefined = undefined,
> = (args: EventArguments<Event, Deps> & ArgumentsOf<Kept>, next: () => Promise<unknown>) => unknown;

/** What to do with a message whose handler failed. */
export type FailureDecision = "ack" | "dlq" | "retry";

/** A failed attempt, as `onError` sees it. */
export interface FailedAttempt<Event extends GlamEvent = GlamEvent> {
  /** The event. */
  readonly event: Event;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** What happens where `onError` has no opinion. */
  readonly decision: FailureDecision;
  /** Where the message is. */
  readonly message: MessageDetails;
}

/** Options of {@link createListener}. */
export interface ListenerOptions<
  Contracts extends readonly AnyEventContract[],
  Deps = undefined,
  Kept extends Inbox | undefined = undefined,
> {
  /** Name of the service, and first part of the durable names. */
  readonly service: string;
  /** Second part of the durable names: all processes with one service and queue group share the messages. */
  readonly queueGroup: string;
  /** The events to listen to; each has a durable consumer of its own. */
  readonly events: Contracts;
  /** Handles one event. */
  readonly handle: EventHandler<EventOf<Contracts[number]>, Deps, Kept>;
  /** What the handler needs, passed to it as it is. */
  readonly deps?: Deps | undefined;
  /**
   * Where it is kept which events were handled: then the effects of the handler on that database happen once. Handler and
   * middleware run in a transaction, which the event is acknowledged after; an event that was handled before is acknowledged
   * without a call. While the database cannot be reached, events wait, and that is no failed attempt.
   *
   * A running handler keeps a connection: let the pool have more of them than `concurrency`.
   */
  readonly inbox?: Kept;
  /**
   * How many handlers run at a time, from 1.
   * @default 1
   */
  readonly concurrency?: number | undefined;
  /**
   * How often to try in all, from 1, before a message becomes a dead letter.
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * After how many milliseconds without a sign of life the server gives a message to another process, from 100. A running
   * handler gives signs of life.
   * @default 30000
   */
  readonly ackWaitMs?: number | undefined;
  /**
   * Milliseconds before the second attempt, before the third, and so on; the last one repeats. A jitter makes each up to
   * a fifth longer, never shorter.
   * @default [1000, 5000]
   */
  readonly backoffMs?: readonly number[] | undefined;
  /**
   * How long a handler may take: then its signal aborts, the attempt has failed, and its place is free.
   * @default ten times `ackWaitMs`
   */
  readonly maxHandlerMs?: number | undefined;
  /**
   * How long `stop()` lets running handlers go on.
   * @default 20000
   */
  readonly graceMs?: number | undefined;
  /**
   * How many messages of each event to have at hand beside those that are being handled, from 1.
   * @default the greater of 32 and twice `concurrency`
   */
  readonly prefetch?: number | undefined;
  /**
   * Puts events in lanes: those with one key are handled one after another, in the order of the stream, a retried one
   * included. `undefined` puts an event in no lane.
   */
  readonly keyOf?: ((event: EventOf<Contracts[number]>) => number | string | undefined) | undefined;
  /**
   * Decides about a failed attempt; without an opinion, what `decision` says happens. `retry` after the last attempt is a
   * dead letter; `ack` drops the message.
   */
  readonly onError?:
    | ((
      error: unknown,
      failed: FailedAttempt<EventOf<Contracts[number]>>,
    ) => FailureDecision | undefined | void | Promise<FailureDecision | undefined | void>)
    | undefined;
  /** Runs around each call of the handler, the first one outermost. */
  readonly middleware?: readonly ListenerMiddleware<EventOf<Contracts[number]>, Deps, Kept>[] | undefined;
  /**
   * Where lines about failures, dead letters and recovery go.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
  /** Where the listener's numbers are shown: the metrics that `createMetrics` made. */
  readonly metrics?: Metrics | undefined;
  /**
   * Whether to change a durable consumer that is there with another configuration. Without it, `start()` rejects and says
   * what differs, since another process may rely on it.
   * @default false
   */
  readonly repair?: boolean | undefined;
}
