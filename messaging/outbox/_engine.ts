import type { Database } from "../../db/database.ts";
import type { Sql } from "../../db/sql.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { EventContract } from "../contract/define_event.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { Adder } from "./_add.ts";
import { RelayEngine } from "./_relay.ts";
import type { OutboxSettings, RelaySettings } from "./_settings.ts";
import { toStatements } from "./_statements.ts";
import { Store } from "./_store.ts";
import type { AddedEvent, DeadEventFilter } from "./outbox.ts";
import type { AddOptions } from "./options.ts";

/** Default `max_payload` of nats-server. */
const DEFAULT_MAX_PAYLOAD = 1_048_576;

/** Implementation of an outbox, loaded at its first use. */
export class OutboxEngine {
  readonly store: Store;
  readonly #db: Database;
  readonly #settings: OutboxSettings;
  readonly #adder: Adder;
  readonly #statements: ReturnType<typeof toStatements>;
  readonly #relays = new Set<RelayEngine>();

  constructor(db: Database, settings: OutboxSettings) {
    const { schema, table, retentionMs } = settings;
    this.#db = db;
    this.#settings = settings;
    this.#statements = toStatements(schema, table, retentionMs > 0);
    this.#adder = new Adder(db, settings, this.#statements, () => this.#maxMessageBytes());
    this.store = new Store(db, settings, this.#statements);
  }

  async add<Data, Input>(
    tx: Sql,
    event: EventContract<Data, Input>,
    data: Input,
    options: AddOptions,
  ): Promise<AddedEvent> {
    const added = await this.#adder.add(tx, event, data, options);
    // Not committed yet; but the relays of this process need not wait for a notification.
    this.#wakeRelays();
    return added;
  }

  async retry(filter: DeadEventFilter): Promise<number> {
    const count = await this.store.retry(filter);
    if (count > 0) this.#wakeRelays();
    return count;
  }

  relay(bus: MessageBus, options: RelaySettings, onClosed: (error: Error) => void): RelayEngine {
    const { service, logger = createLogger(service) } = this.#settings;
    const scope = {
      db: this.#db,
      settings: this.#settings,
      statements: this.#statements,
      store: this.store,
      logger,
    };
    const relay = new RelayEngine(scope, bus, options, (error) => {
      this.#relays.delete(relay);
      if (error !== undefined) onClosed(error);
    });
    this.#relays.add(relay);
    return relay;
  }

  /** The limit of the option, else of the bus that a relay of this process publishes on, else of nats-server's default. */
  #maxMessageBytes(): number {
    const { maxMessageBytes } = this.#settings;
    if (maxMessageBytes !== undefined) return maxMessageBytes;
    for (const { bus } of this.#relays) return bus.maxPayloadBytes;
    return DEFAULT_MAX_PAYLOAD;
  }

  #wakeRelays(): void {
    for (const relay of this.#relays) relay.wake();
  }
}
