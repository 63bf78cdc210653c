import { startSpan } from "../../internal/spans.ts";
import type { Database } from "../../db/database.ts";
import { isInTransaction } from "../../db/transaction/in_transaction.ts";
import type { Sql } from "../../db/sql.ts";
import { formatKey } from "../contract/_partition.ts";
import { assertSendable } from "./_assert_sendable.ts";
import { type OutgoingEvent, toMessage } from "../publisher/_outgoing_event.ts";
import type { EventContract } from "../contract/define_event.ts";
import { withTableHint } from "./_missing_table.ts";
import type { OutboxSettings } from "./_settings.ts";
import type { Statements } from "./_statements.ts";
import type { AddedEvent } from "./outbox.ts";
import type { AddOptions } from "./options.ts";

/**
 * Number of advisory locks that the keys of a table share. It bounds the locks of a transaction that adds for many keys: the
 * lock table of a server is small, and shared by all of its sessions.
 */
const KEY_LOCKS = 1024;

/**
 * Shortest interval between two notifications of this process. Commits with a `NOTIFY` are serialized, and a relay that was
 * woken polls at short intervals for a while anyway.
 */
const NOTIFY_EVERY_MS = 20;

/** Writes the events of an outbox. */
export class Adder {
  readonly #db: Database;
  readonly #settings: OutboxSettings;
  readonly #statements: Statements;
  readonly #maxBytes: () => number;
  #notifiedAt = -Infinity;

  /** `maxBytes` gives the size limit of a message in bytes, headers included. */
  constructor(db: Database, settings: OutboxSettings, statements: Statements, maxBytes: () => number) {
    this.#db = db;
    this.#settings = settings;
    this.#statements = statements;
    this.#maxBytes = maxBytes;
  }

  async add<Data, Input>(
    tx: Sql,
    contract: EventContract<Data, Input>,
    data: Input,
    options: AddOptions,
  ): Promise<AddedEvent> {
    const { availableAt } = options;
    const { subject } = contract;
    this.#assertTransaction(tx, subject);
    const { key: given } = options;
    if (given !== undefined && (typeof given !== "string" || given === "" || given.includes("\0"))) {
      throw new TypeError(`Expected \`key\` to be a non-empty string, got ${JSON.stringify(given)}`);
    }
    if (
      availableAt !== undefined && !(availableAt instanceof Date && Number.isFinite(availableAt.getTime()))
    ) {
      throw new TypeError(`Expected \`availableAt\` to be a valid Date, got ${String(availableAt)}`);
    }
    const span = startSpan(() => describe(subject));
    try {
      const make = () => toMessage(this.#settings.service, contract, data, options);
      const event = span === undefined ? make() : span.run(make);
      assertSendable(event.message, this.#maxBytes());
      // Its partition keeps the order in which the relay publishes.
      const key = given ?? (event.key === undefined ? undefined : formatKey(event.key));
      await this.#insert(tx, event, key, availableAt);
      span?.end();
      return { eventId: event.eventId };
    } catch (error) {
      span?.end({ error });
      throw withTableHint(error, this.#statements.table);
    }
  }

  #insert(tx: Sql, { eventId, message }: OutgoingEvent, key: string | undefined, availableAt?: Date) {
    const now = Date.now();
    const notifies = now - this.#notifiedAt >= NOTIFY_EVERY_MS;
    if (notifies) this.#notifiedAt = now;
    const keyed = key !== undefined;
    return tx(
      this.#statements.add(keyed, notifies),
      eventId,
      message.subject,
      message.id,
      key ?? null,
      JSON.stringify(message.headers),
      message.data,
      ...keyed ? [hash(key) & (KEY_LOCKS - 1)] : [],
      availableAt?.toISOString() ?? null,
    );
  }

  #assertTransaction(tx: Sql, subject: string): void {
    if (typeof tx !== "function") {
      throw new TypeError(
        `Expected \`tx\` to be the tag of a transaction, got ${tx === null ? "null" : typeof tx}`,
      );
    }
    // The pool of postgres.js has `begin`, the tag of its transaction has not.
    const isPool = tx === this.#db.sql ? !isInTransaction(this.#db) : "begin" in tx;
    if (!isPool) return;
    throw new TypeError(
      `Cannot add "${subject}" to the outbox outside of a transaction: write db.transaction((tx) => outbox.add(tx, ...))`,
    );
  }
}

/** FNV-1a: the same in every process that adds to a table. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}

/** @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function describe(subject: string) {
  return {
    name: `create ${subject}`,
    kind: "producer" as const,
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "add",
      "messaging.operation.type": "create",
      "messaging.destination.name": subject,
    },
  };
}
