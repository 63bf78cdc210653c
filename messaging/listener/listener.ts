/** Health of a listener. */
export interface ListenerHealth {
  /**
   * - `healthy`: it receives and handles messages.
   * - `degraded`: it works, but something needs attention; see `reasons`.
   * - `unhealthy`: it receives no messages, cannot handle them, or the broker does not answer.
   */
  readonly status: "degraded" | "healthy" | "unhealthy";
  /** Why it is not healthy: one sentence each, empty where it is. */
  readonly reasons: readonly string[];
  /** Number of running handlers. */
  readonly in_flight: number;
  /** Whether it is paused; absent where it is not. */
  readonly paused?: true;
  /** State of the durable consumer of each event. */
  readonly consumers: readonly ConsumerHealth[];
}

/** State of the durable consumer of one event; with partitions, of all of theirs together. */
export interface ConsumerHealth {
  /** Subject of the event. */
  readonly subject: string;
  /** Name of the durable consumer; with partitions, what the names of theirs begin with. */
  readonly durable: string;
  /** Number of messages that were not delivered to any process yet, as last seen. */
  readonly lag: number;
  /** Number of messages that this process holds: being handled, buffered, or waiting for another attempt. */
  readonly held: number;
  /** Number of partitions that wait here until their dead letter is redriven or purged; absent where none does. */
  readonly on_hold?: number;
  /** Age of the oldest message that is not settled, in seconds; absent where there is none. */
  readonly oldest_age_seconds?: number;
  /**
   * Number of messages that the stream dropped before they were handled, since the start of the listener, and before it where
   * the server can tell. A lower bound where `expired_at_most` is present.
   */
  readonly expired: number;
  /**
   * Upper bound of the same, where the server does not tell how many of the dropped messages were of this event; absent where
   * `expired` is exact.
   */
  readonly expired_at_most?: number;
}

/** The numbers of a listener since its start, as this process has counted them, without a request to the server. */
export interface ListenerStats {
  /** Whether it is paused. */
  readonly paused: boolean;
  /** The numbers of each event. */
  readonly consumers: readonly ConsumerStats[];
}

/** The numbers of the durable consumer of one event. */
export interface ConsumerStats {
  /** Subject of the event. */
  readonly subject: string;
  /** Name of the durable consumer. */
  readonly durable: string;
  /** Calls of the handler. */
  readonly calls: number;
  /** Calls after which the event is tried again, or became a dead letter, and events that broke their contract. */
  readonly failures: number;
  /** Events that became dead letters. */
  readonly dead_letters: number;
  /** Seconds that the handler has taken. */
  readonly seconds: number;
  /** Messages that were not delivered to any process yet, as last seen. */
  readonly lag: number;
  /** Messages that this process holds. */
  readonly held: number;
  /** Running handlers. */
  readonly in_flight: number;
  /** Messages that the stream dropped before they were handled, at least. */
  readonly expired: number;
}

/** A listener. It can be started once; after `stop()` create another one. */
export interface Listener extends AsyncDisposable {
  /**
   * Resolves after `stop()`. Rejects with a `MessageBusError` when the bus is closed while the listener runs, by the program
   * or for good by the server. Await it in a process that should end then.
   */
  readonly finished: Promise<void>;
  /** Name of the durable consumer of each event, by subject; with partitions, what the names of theirs begin with. */
  readonly durables: ReadonlyMap<string, string>;
  /**
   * Creates the streams and durable consumers that are absent, and starts to handle events. A second call returns the same
   * promise.
   *
   * @throws {MessageBusError} with kind `consumer_mismatch` when a durable consumer exists with another configuration; with
   * the kind of the failure when the broker cannot be asked.
   * @throws {ConfigError} when the table of the inbox is missing.
   * @throws {TypeError} after `stop()`.
   */
  start(): Promise<void>;
  /**
   * Stops: takes no more events, returns those that no handler has begun to the server, in order, and waits for the running
   * handlers. After `graceMs` their signals are aborted and their events are returned as well. Never rejects; a second call
   * returns the same promise.
   */
  stop(): Promise<void>;
  /**
   * Begins no more handlers in this process until `resume()`: running ones end, events that this process holds wait in
   * their order, and no others are asked for. Other processes go on. Resolves when no event is on its way any more. Before
   * `start()` it starts paused. Health is degraded meanwhile.
   */
  pause(): Promise<void>;
  /** Handles events again after `pause()`. */
  resume(): void;
  /** Its numbers. */
  stats(): ListenerStats;
  /** Reads its health. Takes at most a second, also when the broker does not answer; never rejects. */
  health(): Promise<ListenerHealth>;
}
