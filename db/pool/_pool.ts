import { DatabaseError } from "../../errors/infrastructure.ts";
import { withDeadline } from "../../internal/clock.ts";
import { LinkedList } from "../../internal/linked_list.ts";
import { addArrayTypes, ARRAY_TYPES, type ArrayType } from "../connection/_array_types.ts";
import type { Driver, DriverQuery, DriverTag } from "../connection/_driver.ts";
import { Semaphore } from "./_semaphore.ts";
import type { QueryObserver } from "./_query_observer.ts";
import { keyOf, NOBODY, type QueryOwner, SentQuery, type SentQueryHost } from "./_sent_query.ts";
import { codeOf, READ_ONLY } from "./_query_error.ts";
import { describe, type Settings } from "../connection/_settings.ts";
import type { Sockets } from "../connection/_sockets.ts";

/** A transaction whose own statements (`commit`, `savepoint`) have a deadline. */
export interface Expirable {
  /** The backend that it runs on. */
  readonly key: string | undefined;
  isOverdue(tick: number): boolean;
}

/** The transactions that have begun. */
export interface Expirables {
  readonly size: number;
  toArray(): readonly Expirable[];
}

// Not `transaction_read_only`, which is that of the caller's transaction.
const IS_READ_ONLY =
  "select pg_catalog.pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as read_only";

/** With these a server that accepts only reads is what was asked for. */
const READERS: ReadonlySet<string> = new Set(["read-only", "standby", "prefer-standby"]);

/** A query that runs for longer gets no other query pipelined behind it. */
const QUICK_MS = 20;

/** After so many ticks a connection to a read-only server is closed although queries run on it. */
const RETIRE_TICKS = 4;

/** How long to wait for the server at the end, for a cancelled query or a connection that closes. */
export const GOODBYE_MS = 500;

/**
 * Sends queries through the driver and settles them within the deadline, with errors of this package, and never with
 * the error of another query.
 */
export class Pool implements SentQueryHost {
  readonly slots: Semaphore;
  readonly observer: QueryObserver | undefined;
  /** Whether queries can be sent. */
  ready = false;
  /** Whether a server has refused a write, and {@link check} has not found one since that accepts them. */
  refusesWrites = false;
  readonly target: string;
  /** Whether new queries are refused. */
  closed = false;
  readonly #driver: Driver;
  readonly #sockets: Sockets | undefined;
  /** Unsettled queries outside of transactions; each holds a permit. */
  readonly #permitted = new LinkedList<SentQuery>();
  /** Unsettled queries of transactions, which hold the permit, and of the pool itself. */
  readonly #owned = new LinkedList<SentQuery>();
  readonly #transactions: Expirables;
  readonly #expectsWrites: boolean;
  /** Connections to close as soon as nothing runs on them, since which tick. */
  readonly #retiring = new Map<string, number>();
  readonly #tickMs: number;
  readonly #ticks: number;
  #tick = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #preparing: Promise<void> | undefined;
  #handler: DriverQuery["handler"] | undefined;
  #opening: QueryOwner | undefined;
  #begin: DriverQuery | undefined;

  constructor(
    driver: Driver,
    settings: Settings,
    transactions: Expirables,
    sockets?: Sockets,
    observer?: QueryObserver,
  ) {
    this.#driver = driver;
    this.#transactions = transactions;
    this.#sockets = sockets;
    this.observer = observer;
    this.slots = new Semaphore(settings.max);
    this.target = describe(settings.address);
    this.#expectsWrites = !READERS.has(settings.address.targetSessionAttrs);
    // The server enforces the limit; the client waits a little longer before it destroys the connection. Time is counted
    // in ticks, because a clock would also count the time in which this process was suspended.
    const { queryTimeoutMs } = settings;
    const limitMs = queryTimeoutMs + Math.min(Math.max(queryTimeoutMs / 10, 50), 1000);
    this.#tickMs = Math.min(Math.max(limitMs / 20, 10), 250);
    this.#ticks = queryTimeoutMs === 0 ? Infinity : Math.ceil(limitMs / this.#tickMs);
    this.#watchBegin();
  }

  /** Takes over a query of the driver's pool. When it is awaited it waits for a permit. */
  adopt(query: DriverQuery): DriverQuery {
    this.#handler ??= query.handler;
    query.handler = this.#enter;
    return query;
  }

  /** Sends a query at once through `handler`. */
  send(query: DriverQuery, handler: DriverQuery["handler"], owner: QueryOwner): void {
    const sent = new SentQuery(this, query, handler, owner, this.#tick);
    this.#listOf(sent).add(sent);
    this.watch();
    sent.send();
  }

  onSettled(sent: SentQuery, error: Error | undefined): void {
    this.#listOf(sent).delete(sent);
    if (error !== undefined && !sent.owner.isReadOnly && codeOf(error) === READ_ONLY) {
      this.#leaveServer(sent.key);
    }
    if (this.#retiring.size > 0) queueMicrotask(() => this.retireIdle()); // after the driver has read to the end
  }

  /** Closes the connections to a read-only server on which nothing runs. */
  retireIdle(): void {
    for (const [key, since] of this.#retiring) {
      const isUsed = this.#transactions.toArray().some((transaction) => transaction.key === key) ||
        [this.#permitted, this.#owned].some((list) => list.toArray().some((sent) => sent.key === key));
      if (isUsed && this.#tick - since < RETIRE_TICKS) continue;
      this.#retiring.delete(key);
      this.#sockets?.retire(key);
    }
  }

  /** The driver's `begin`, whose first statement gets a deadline as every query does. */
  begin<T>(
    mode: string,
    owner: QueryOwner,
    fn: (tag: DriverTag, begin: DriverQuery | undefined) => Promise<T>,
  ): Promise<T> {
    this.#opening = owner;
    try {
      const work = this.#driver.begin(mode, (tag) => fn(tag, begin));
      const begin = this.#begin;
      return work;
    } finally {
      this.#opening = this.#begin = undefined;
    }
  }

  /** Connects and reads the array types. Called before the first query, and again until it has succeeded once. */
  prepare(): Promise<void> {
    return this.#preparing ??= this.#loadTypes().finally(() => this.#preparing = undefined);
  }

  /** @throws {DatabaseError} when the database does not answer, or does not accept writes although it should. */
  async check(send: (text: string) => DriverQuery): Promise<void> {
    if (!this.refusesWrites) return void await send("select 1");
    const query = send(IS_READ_ONLY);
    const [row] = await query as readonly { readonly read_only: boolean }[];
    if (row?.read_only === false) {
      this.refusesWrites = false;
      return;
    }
    this.#leaveServer(keyOf(query));
    this.retireIdle();
    throw new DatabaseError(`Database ${this.target} accepts only reads`, { errorCode: READ_ONLY });
  }

  /** The error for a query that got no permit. */
  noPermit(): DatabaseError {
    return this.closed
      ? new DatabaseError("Database connection is closed", { retryable: false })
      : new DatabaseError("No database connection was free in time", { retryable: true });
  }

  /** The current tick, the time base of {@link Waiter.since}. */
  get now(): number {
    return this.#tick;
  }

  /** Checks deadlines, for as long as a query runs or waits. */
  watch(): void {
    if (this.#timer !== undefined || this.#ticks === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#expire(++this.#tick - this.#ticks);
      const sent = this.#permitted.size + this.#owned.size;
      if (sent > 0 || this.#transactions.size > 0 || this.slots.waiting > 0) this.watch();
    }, this.#tickMs);
  }

  /** Refuses new queries, and waits up to `graceMs` for the running ones. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    await withDeadline(this.slots.idle(), graceMs, "").catch(() => {});
    await this.#cancelAll();
    clearTimeout(this.#timer);
    this.slots.expire(Infinity);
    await this.#driver.end({ timeout: 0 });
  }

  /** Cancels running queries: a server may notice only late that a client has gone. */
  async #cancelAll(): Promise<void> {
    const queries = [...this.#permitted.toArray(), ...this.#owned.toArray()];
    const ended = Promise.all(queries.map((sent) => sent.ended()));
    for (const sent of queries) sent.cancel(this.noPermit());
    await withDeadline(ended, GOODBYE_MS, "").catch(() => {});
  }

  readonly #enter = (query: DriverQuery): void => {
    if (this.closed) return query.reject(this.noPermit());
    if (!this.ready) {
      return void this.prepare().then(() => this.#enter(query), (error) => query.reject(error));
    }
    if (this.slots.tryEnter(this.#isQuick)) return this.send(query, this.#handler!, this.#pooled);
    this.slots.wait({
      since: this.#tick,
      enter: () => this.send(query, this.#handler!, this.#pooled),
      giveUp: () => query.reject(this.noPermit()),
    });
    this.watch();
  };

  /** Whether a query may be pipelined behind a running one: one outside of transactions that began just now. */
  readonly #isQuick = (): boolean => {
    const { first } = this.#permitted;
    return first !== undefined && Date.now() - first.sentAt < QUICK_MS;
  };

  /** Owns the queries outside of transactions. */
  readonly #pooled: QueryOwner = {
    reportsErrors: false,
    isReadOnly: false,
    onSent() {},
    onSettled: () => this.slots.leave(),
  };

  /** The server refuses writes: it has become a standby, or was one. The next connection may lead to another server. */
  #leaveServer(key: string | undefined): void {
    if (this.#expectsWrites) this.refusesWrites = true;
    if (key !== undefined && this.#expectsWrites) this.#retiring.set(key, this.#tick);
  }

  #listOf({ owner }: SentQuery): LinkedList<SentQuery> {
    return owner === this.#pooled ? this.#permitted : this.#owned;
  }

  async #loadTypes(): Promise<void> {
    const query = this.#driver.unsafe(ARRAY_TYPES);
    const { handler } = query;
    query.handler = () => this.send(query, handler, NOBODY);
    addArrayTypes(this.#driver.options, await query as ArrayType[]);
    this.ready = true;
  }

  /** The driver's `begin` creates its statement with `unsafe` of the pool, so it is intercepted there. */
  #watchBegin(): void {
    const { unsafe } = this.#driver;
    this.#driver.unsafe = (...given) => {
      const query = unsafe(...given);
      const owner = this.#opening;
      if (owner === undefined) return query;
      this.#opening = undefined;
      this.#begin = query;
      const { handler } = query;
      query.handler = () => this.send(query, handler, owner);
      return query;
    };
  }

  /** Fails what began at this tick or before. */
  #expire(tick: number): void {
    for (const list of [this.#permitted, this.#owned]) {
      for (const sent of list.toArray()) {
        if (sent.tick > tick) break;
        sent.expire(this.#destroy);
      }
    }
    for (const transaction of this.#transactions.toArray()) {
      if (transaction.isOverdue(tick)) this.#destroy(transaction.key!);
    }
    this.slots.expire(tick);
    this.retireIdle();
  }

  readonly #destroy = (key: string): boolean => {
    const error = Object.assign(new Error("The server did not answer in time"), {
      code: "CONNECTION_CLOSED",
    });
    return this.#sockets?.destroy(key, error) ?? false;
  };
}
