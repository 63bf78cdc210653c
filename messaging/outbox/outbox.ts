import type { Sql } from "../../db/sql.ts";
import type { Table } from "../../db/table/table.ts";
import type { EventContract } from "../contract/define_event.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { AddOptions, RelayOptions } from "./options.ts";

/** Events that are written in the transaction of what they tell of, and published afterwards. */
export interface Outbox {
  /** The table, for a list of tables that migrations are made from. */
  readonly table: Table;
  /**
   * Writes an event in the transaction of `tx`: it is published if, and only if, that commits. Its data are validated by
   * the contract now, and its id, correlation id and trace are those of now.
   *
   * @throws {ValidationError} when the data break the contract; nothing is written.
   * @throws {TypeError} when `tx` is not of a transaction, or a header is not allowed.
   */
  add<Data, Input>(
    tx: Sql,
    event: EventContract<Data, Input>,
    data: Input,
    options?: AddOptions,
  ): Promise<AddedEvent>;
  /** What publishes the events of this outbox on a bus, once it is started. Each replica of a service may run one. */
  relay(bus: MessageBus, options?: RelayOptions): Relay;
  /** How many events there are, and how old the oldest is. */
  status(): Promise<OutboxStatus>;
  /** The dead events, the oldest first. */
  dead(options?: DeadEventsOptions): Promise<DeadEvent[]>;
  /** Has the relay try dead events again, as often as new ones; gives their number. */
  retry(filter?: DeadEventFilter): Promise<number>;
  /** Deletes events that were sent longer ago than `retentionMs`; gives their number. A relay does so by itself. */
  cleanUp(): Promise<number>;
  /**
   * Makes the table where it is absent: for a service without migrations. Several processes may call it at once.
   * Changes nothing of a table that is there.
   */
  ensureTable(): Promise<void>;
}

/** An event that was added. */
export interface AddedEvent {
  /** Id of the event. */
  readonly eventId: string;
}

/** How many events an outbox has. */
export interface OutboxStatus {
  /** Events that are due and not sent. */
  readonly pending: number;
  /** Events that are not due yet. */
  readonly delayed: number;
  /** Events that were given up: `dead()` says why, `retry()` tries them again. */
  readonly dead: number;
  /** Events that were sent, and are still in the table. */
  readonly sent: number;
  /** For how long the oldest pending event has been due, in seconds; not there without one. */
  readonly oldest_age_seconds?: number;
}

/** An event that was given up. */
export interface DeadEvent {
  /** Id of the event. */
  readonly eventId: string;
  /** Its subject. */
  readonly subject: string;
  /** Its key, where it has one. */
  readonly key: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: string;
  /** When it was added. */
  readonly createdAt: Date;
}

/** Which dead events are meant; without a member, all. */
export interface DeadEventFilter {
  /** That with this id. */
  readonly eventId?: string | undefined;
  /** Those of this subject. */
  readonly subject?: string | undefined;
  /** Those with this key. */
  readonly key?: string | undefined;
}

/** Options of `Outbox.dead`. */
export interface DeadEventsOptions extends DeadEventFilter {
  /**
   * How many to give, at most.
   * @default 100
   */
  readonly limit?: number | undefined;
}

/** What a relay says about itself. */
export interface RelayHealth {
  /**
   * `unhealthy`: it does not run, or the database does not answer. `degraded`: it works, and something needs a look:
   * `reasons` says what. A bus that is away is a reason to be degraded: events are still taken.
   */
  readonly status: "degraded" | "healthy" | "unhealthy";
  /** What keeps it from being healthy, in words. */
  readonly reasons: readonly string[];
  /** Whether the database wakes it; else it polls. */
  readonly listening: boolean;
  /** Events that are due and not sent, where the database answers. */
  readonly pending?: number;
  /** Events that were given up. */
  readonly dead?: number;
  /** For how long the oldest pending event has been due, in seconds. */
  readonly oldest_age_seconds?: number;
}

/** A running, or not yet running, relay. It lives once: after `stop()` make another one. */
export interface Relay extends AsyncDisposable {
  /** Settles when the relay is over: resolves after `stop()`, rejects when the bus is closed under it. */
  readonly finished: Promise<void>;
  /**
   * Starts to publish. The bus may be away: the relay begins when it is there.
   *
   * @throws {ConfigError} when the database does not have the table.
   * @throws {DatabaseError} when the database cannot be reached.
   * @throws {MessageBusError} when the bus refuses to ensure the streams.
   */
  start(): Promise<void>;
  /**
   * Sends what is due, for as long as the grace lasts and the bus is there; the rest stays for the next relay. Never
   * rejects; a second call waits for the first.
   */
  stop(): Promise<void>;
  /** How it is; takes a second at most, also when the database hangs. */
  health(): Promise<RelayHealth>;
}
