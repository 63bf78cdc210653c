import type { Sql } from "../../db/sql.ts";
import type { Table } from "../../db/table/table.ts";
import type { EventContract } from "../contract/define_event.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { AddOptions, RelayOptions } from "./options.ts";

/** A transactional outbox: see `createOutbox`. */
export interface Outbox {
  /** The table, for the list of tables that migrations are generated from. */
  readonly table: Table;
  /**
   * Writes an event in the transaction of `tx`: it is published if, and only if, the transaction commits. Its data are
   * validated at once; its id, correlation id and trace are those of this call.
   *
   * @throws {ContractError} when the data break the contract; nothing is written.
   * @throws {TypeError} when `tx` is not of a transaction, or a header, an id, a key or the subject is malformed.
   * @throws {MessageBusError} with kind `too_large` when a stream would not take it: see `maxMessageBytes`.
   */
  add<Data, Input>(
    tx: Sql,
    event: EventContract<Data, Input>,
    data: Input,
    options?: AddOptions,
  ): Promise<AddedEvent>;
  /** Creates a relay, which publishes the events of this outbox once it is started. Each replica of a service may run one. */
  relay(bus: MessageBus, options?: RelayOptions): Relay;
  /** Number of events by state, and the age of the oldest pending one. */
  status(): Promise<OutboxStatus>;
  /** The dead events, oldest first. */
  dead(options?: DeadEventsOptions): Promise<DeadEvent[]>;
  /** Makes dead events pending again, with all of their attempts; resolves with their number. */
  retry(filter?: DeadEventFilter): Promise<number>;
  /** Deletes events that were sent longer ago than `retentionMs`; resolves with their number. A relay does so regularly. */
  cleanUp(): Promise<number>;
  /**
   * Creates the table where it is missing, for a service without migrations. Several processes may call it at once. It does
   * not change an existing table.
   */
  ensureTable(): Promise<void>;
}

/** An event that was added. */
export interface AddedEvent {
  /** Id of the event. */
  readonly eventId: string;
}

/** Number of events in an outbox, by state. */
export interface OutboxStatus {
  /** Number of events that are due and not sent. */
  readonly pending: number;
  /** Number of events that are not due yet. */
  readonly delayed: number;
  /** Number of dead events: `dead()` lists them, `retry()` makes them pending again. */
  readonly dead: number;
  /** Number of sent events that are still in the table. */
  readonly sent: number;
  /** For how long the oldest pending event has been due, in seconds; absent when none is pending. */
  readonly oldest_age_seconds?: number;
}

/** An event that could not be published. */
export interface DeadEvent {
  /** Id of the event. */
  readonly eventId: string;
  /** Its subject. */
  readonly subject: string;
  /** Its key, if any. */
  readonly key: string | undefined;
  /** Number of attempts. */
  readonly attempts: number;
  /** The error of the last attempt. */
  readonly error: string;
  /** When it was added. */
  readonly createdAt: Date;
}

/** Selects dead events; without a member, all of them. */
export interface DeadEventFilter {
  /** The event with this id. */
  readonly eventId?: string | undefined;
  /** Events of this subject. */
  readonly subject?: string | undefined;
  /** Events with this key. */
  readonly key?: string | undefined;
}

/** Options of `Outbox.dead`. */
export interface DeadEventsOptions extends DeadEventFilter {
  /**
   * Greatest number of events to return, from 1 to 10,000.
   * @default 100
   */
  readonly limit?: number | undefined;
}

/** Health of a relay. */
export interface RelayHealth {
  /**
   * `unhealthy`: the relay does not run, or the database does not answer. `degraded`: it works with the problems in
   * `reasons`. A bus that is away is one of them, since events can still be added.
   */
  readonly status: "degraded" | "healthy" | "unhealthy";
  /** Why it is not healthy; empty when it is. */
  readonly reasons: readonly string[];
  /** Whether notifications of the database wake it; else it only polls. */
  readonly listening: boolean;
  /** Number of events that are due and not sent; absent when the database does not answer. */
  readonly pending?: number;
  /** Number of dead events. */
  readonly dead?: number;
  /** For how long the oldest pending event has been due, in seconds. */
  readonly oldest_age_seconds?: number;
}

/** Publishes the events of an outbox. It can be started once; after `stop()` create another one. */
export interface Relay extends AsyncDisposable {
  /** Resolves after `stop()`; rejects when the bus is closed while the relay runs. */
  readonly finished: Promise<void>;
  /**
   * Starts to publish. When the bus is away, the relay begins as soon as it is connected.
   *
   * @throws {ConfigError} when the table does not exist.
   * @throws {DatabaseError} when the database cannot be reached.
   * @throws {MessageBusError} when the bus refuses to create the streams.
   */
  start(): Promise<void>;
  /**
   * Sends due events while the grace lasts and the bus is connected; the others are left for the next relay. Never rejects;
   * a second call waits for the first.
   */
  stop(): Promise<void>;
  /** The relay's health; resolves within a second, also when the database hangs. */
  health(): Promise<RelayHealth>;
}
