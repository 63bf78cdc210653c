/** What a listener says about itself. */
export interface ListenerHealth {
  /**
   * `unhealthy`: it does not get messages, or the broker does not answer. `degraded`: it works, and something needs a
   * look: `reasons` says what.
   */
  readonly status: "degraded" | "healthy" | "unhealthy";
  /** What keeps it from being healthy, in words. */
  readonly reasons: readonly string[];
  /** Handlers that run. */
  readonly in_flight: number;
  /** Each event's durable consumer. */
  readonly consumers: readonly ConsumerHealth[];
}

/** State of the durable consumer of one event. */
export interface ConsumerHealth {
  /** Subject of the event. */
  readonly subject: string;
  /** Name of the durable consumer. */
  readonly durable: string;
  /** Messages not delivered yet, as last seen. */
  readonly lag: number;
  /** Messages that this process holds: being handled, buffered, or waiting for another attempt. */
  readonly held: number;
  /** Age of the oldest message that is not settled, in seconds. */
  readonly oldest_age_seconds?: number;
  /** Messages that the stream dropped before they were handled. */
  readonly expired: number;
}

/** A running, or not yet running, listener. It lives once: after `stop()` make another one. */
export interface Listener extends AsyncDisposable {
  /**
   * Settles when the listener is over: resolves after `stop()`, rejects when the connection is closed for good or the bus is
   * closed under it. A process that awaits it ends when there is nothing left to listen to.
   */
  readonly finished: Promise<void>;
  /** The durable consumer of each event, by subject. */
  readonly durables: ReadonlyMap<string, string>;
  /**
   * Ensures the streams and the durable consumers, and starts to handle events.
   *
   * @throws {MessageBusError} with kind `consumer_mismatch` when a durable consumer is there with another configuration.
   */
  start(): Promise<void>;
  /**
   * Takes no new events, gives those back that no handler has begun, in order, and lets the running ones finish; after the
   * grace their signal aborts and they are given back as well. Never rejects; a second call waits for the first.
   */
  stop(): Promise<void>;
  /** How it is; takes a second at most, also when the broker hangs. */
  health(): Promise<ListenerHealth>;
}
