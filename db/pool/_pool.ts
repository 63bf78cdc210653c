import { DatabaseError } from "../../errors/infrastructure.ts";
import { withDeadline } from "../../internal/clock.ts";
import { LinkedList } from "../../internal/linked_list.ts";
import { addArrayTypes, ARRAY_TYPES, type ArrayType } from "../connection/_array_types.ts";
import type { Driver, DriverQuery, DriverTag } from "../connection/_driver.ts";
import { Semaphore } from "./_semaphore.ts";
import type { QueryObserver } from "./_query_observer.ts";
import { NOBODY, type QueryOwner, SentQuery, type SentQueryHost } from "./_sent_query.ts";
import type { Settings } from "../connection/_settings.ts";
import type { Sockets } from "../connection/_sockets.ts";

/** A transaction, to who sees to deadlines. */
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

/** From when on a query is one that others must not be sent behind. */
const QUICK_MS = 20;

/** How long a server may take for the last things, such as to close a connection that has said goodbye. */
export const GOODBYE_MS = 500;

/**
 * Sends queries to the driver and settles them: with errors of this package, within the deadline, and without the
 * errors of others.
 */
export class Pool implements SentQueryHost {
  readonly slots: Semaphore;
  readonly observer: QueryObserver | undefined;
  /** Whether queries can be sent. */
  ready = false;
  /** Whether it takes no further query. */
  closed = false;
  readonly #driver: Driver;
  readonly #sockets: Sockets | undefined;
  /** Queries that were sent, are not settled, and hold a place of the slots. */
  readonly #placed = new LinkedList<SentQuery>();
  /** The others, of transactions for the most part. */
  readonly #owned = new LinkedList<SentQuery>();
  readonly #transactions: Expirables;
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
    // The server ends a statement in time; this side waits a moment longer before it gives up on the server. It counts
    // ticks, as a clock would also count the time in which this process stood still.
    const { queryTimeoutMs } = settings;
    const limitMs = queryTimeoutMs + Math.min(Math.max(queryTimeoutMs / 10, 50), 1000);
    this.#tickMs = Math.min(Math.max(limitMs / 20, 10), 250);
    this.#ticks = queryTimeoutMs === 0 ? Infinity : Math.ceil(limitMs / this.#tickMs);
    this.#watchBegin();
  }

  /** Takes over a query of the driver's pool: it waits for a place when it is awaited. */
  adopt(query: DriverQuery): DriverQuery {
    this.#handler ??= query.handler;
    query.handler = this.#enter;
    return query;
  }

  /** Sends a query at once, through `handler`, on the connection that its owner holds. */
  send(query: DriverQuery, handler: DriverQuery["handler"], owner: QueryOwner): void {
    const sent = new SentQuery(this, query, handler, owner, this.#tick);
    this.#listOf(sent).add(sent);
    this.watch();
    sent.send();
  }

  onSettled(sent: SentQuery): void {
    this.#listOf(sent).delete(sent);
  }

  /** The driver's `begin`, whose first statement is sent and watched as every query is. */
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

  /** Makes the pool ready for queries. It is asked before the first one, and again for as long as that fails. */
  prepare(): Promise<void> {
    return this.#preparing ??= this.#loadTypes().finally(() => this.#preparing = undefined);
  }

  /** The error for who waited in vain for a place. */
  noPlace(): DatabaseError {
    return this.closed
      ? new DatabaseError("Database connection is closed", { retryable: false })
      : new DatabaseError("No database connection was free in time", { retryable: true });
  }

  /** The present as {@link Waiter.since} counts it. */
  get now(): number {
    return this.#tick;
  }

  /** Sees to the deadlines of whatever runs or waits, for as long as something does. */
  watch(): void {
    if (this.#timer !== undefined || this.#ticks === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#expire(++this.#tick - this.#ticks);
      const sent = this.#placed.size + this.#owned.size;
      if (sent > 0 || this.#transactions.size > 0 || this.slots.waiting > 0) this.watch();
    }, this.#tickMs);
  }

  /** Takes no new query, and waits for at most `graceMs` for those that it has. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    await withDeadline(this.slots.idle(), graceMs, "").catch(() => {});
    await this.#cancelAll();
    clearTimeout(this.#timer);
    this.slots.expire(Infinity);
    await this.#driver.end({ timeout: 0 });
  }

  /** Asks the server to give up what still runs: it would not notice for long that nobody wants it any more. */
  async #cancelAll(): Promise<void> {
    const queries = [...this.#placed.toArray(), ...this.#owned.toArray()].map(({ query }) => query);
    for (const query of queries) if (query.active) query.cancel()?.catch(() => {});
    await withDeadline(Promise.allSettled(queries), GOODBYE_MS, "").catch(() => {});
  }

  readonly #enter = (query: DriverQuery): void => {
    if (this.closed) return query.reject(this.noPlace());
    if (!this.ready) {
      return void this.prepare().then(() => this.#enter(query), (error) => query.reject(error));
    }
    if (this.slots.tryEnter(this.#isQuick)) return this.send(query, this.#handler!, this.#place);
    this.slots.wait({
      since: this.#tick,
      enter: () => this.send(query, this.#handler!, this.#place),
      giveUp: () => query.reject(this.noPlace()),
    });
    this.watch();
  };

  /** Whether a query may be sent behind one that runs: something runs outside of transactions, and not for long. */
  readonly #isQuick = (): boolean => {
    const { first } = this.#placed;
    return first !== undefined && Date.now() - first.sentAt < QUICK_MS;
  };

  /** Owns the queries outside of transactions. */
  readonly #place: QueryOwner = {
    onSent() {},
    onSettled: () => this.slots.leave(),
  };

  #listOf({ owner }: SentQuery): LinkedList<SentQuery> {
    return owner === this.#place ? this.#placed : this.#owned;
  }

  async #loadTypes(): Promise<void> {
    const query = this.#driver.unsafe(ARRAY_TYPES);
    const { handler } = query;
    query.handler = () => this.send(query, handler, NOBODY);
    addArrayTypes(this.#driver.options, await query as ArrayType[]);
    this.ready = true;
  }

  /** The driver's `begin` makes its statement with the pool's `unsafe`: that is where it can be got hold of. */
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

  /** Ends what began at this tick or before. */
  #expire(tick: number): void {
    for (const list of [this.#placed, this.#owned]) {
      for (const sent of list.toArray()) {
        if (sent.tick > tick) break;
        sent.expire(this.#giveUp);
      }
    }
    for (const transaction of this.#transactions.toArray()) {
      if (transaction.isOverdue(tick)) this.#giveUp(transaction.key!);
    }
    this.slots.expire(tick);
  }

  readonly #giveUp = (key: string): boolean => {
    const error = Object.assign(new Error("The server did not answer in time"), {
      code: "CONNECTION_CLOSED",
    });
    return this.#sockets?.destroy(key, error) ?? false;
  };
}
