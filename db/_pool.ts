import { DatabaseError } from "../errors/infrastructure.ts";
import { withDeadline } from "../internal/clock.ts";
import { addArrayTypes, ARRAY_TYPES, type ArrayType } from "./_array_types.ts";
import type { Driver, DriverQuery, DriverTag } from "./_driver.ts";
import { Gate } from "./_gate.ts";
import { toQueryError } from "./_query_error.ts";
import type { QueryObserver } from "./_query_observer.ts";
import type { Settings } from "./_settings.ts";
import type { Sockets } from "./_sockets.ts";
import { backendKey } from "./_startup.ts";

/** Who has to know what becomes of a query: the transaction that it belongs to. */
export interface QueryOwner {
  onSent(query: DriverQuery): void;
  onSettled(query: DriverQuery, error: Error | undefined): void;
}

interface Running {
  readonly since: number;
  fail(error: Error): void;
}

const NOBODY: QueryOwner = { onSent() {}, onSettled() {} };

/** How often a query that never left is sent again; each time needs another connection that was killed. */
const SEND_AGAIN = 3;

/**
 * Sends queries to the driver and settles them: with errors of this package, within the deadline, and without the
 * errors of others.
 */
export class Pool {
  readonly gate: Gate;
  readonly #driver: Driver;
  readonly #sockets: Sockets | undefined;
  readonly #observer: QueryObserver | undefined;
  readonly #limitMs: number;
  readonly #running = new Map<DriverQuery, Running>();
  readonly #expected = new Map<object, { readonly since: number; readonly key: string | undefined }>();
  /** Whether it takes no further query. */
  closed = false;
  #preparing: Promise<void> | undefined;
  /** Whether queries can be sent. */
  ready = false;
  #sweep: ReturnType<typeof setTimeout> | undefined;

  constructor(driver: Driver, settings: Settings, sockets?: Sockets, observer?: QueryObserver) {
    this.#driver = driver;
    this.#sockets = sockets;
    this.#observer = observer;
    this.gate = new Gate(settings.max);
    const { queryTimeoutMs } = settings;
    // The server ends a statement in time; this side waits a moment longer before it gives up on the server.
    this.#limitMs = queryTimeoutMs === 0
      ? Infinity
      : queryTimeoutMs + Math.min(Math.max(queryTimeoutMs / 10, 50), 1000);
  }

  /** Takes over a query of the driver's pool: it waits for a place when it is awaited. */
  adopt(query: DriverQuery): DriverQuery {
    const { handler } = query;
    query.handler = (query) => this.#enter(query, handler);
    return query;
  }

  /** Sends a query at once, through `handler`, on the connection that its owner holds. */
  send(query: DriverQuery, handler: DriverQuery["handler"], owner: QueryOwner): void {
    this.#send(query, handler, owner);
  }

  /** The driver's `begin`, whose first statement is sent and watched as every query is. */
  begin<T>(
    mode: string,
    owner: QueryOwner,
    fn: (tag: DriverTag, begin: DriverQuery | undefined) => Promise<T>,
  ): Promise<T> {
    const driver = this.#driver;
    const { unsafe } = driver;
    let begin: DriverQuery | undefined;
    driver.unsafe = (...given) => {
      begin = unsafe(...given);
      const { handler } = begin;
      begin.handler = (query) => this.#send(query, handler, owner);
      return begin;
    };
    try {
      return driver.begin(mode, (tag) => fn(tag, begin));
    } finally {
      driver.unsafe = unsafe;
    }
  }

  /** Watches a statement that the driver sends by itself, such as `commit`, until {@link Pool.got} it. */
  expect(owner: object, key: string | undefined): void {
    this.#expected.set(owner, { since: performance.now(), key });
    this.watch();
  }

  /** The end of what was {@link Pool.expect}ed. */
  got(owner: object): void {
    this.#expected.delete(owner);
  }

  /** The error for who waited in vain for a place. */
  noPlace(): DatabaseError {
    return this.closed
      ? new DatabaseError("Database connection is closed", { retryable: false })
      : new DatabaseError("No database connection was free in time", { retryable: true });
  }

  /** Takes no new query, and waits for at most `graceMs` for those that it has. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    await withDeadline(this.gate.idle(), graceMs, "").catch(() => {});
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    this.gate.expire(Infinity);
    await this.#driver.end({ timeout: 0 });
  }

  /** Makes the pool ready for queries. It is asked before the first one, and again for as long as that fails. */
  prepare(): Promise<void> {
    return this.#preparing ??= this.#loadTypes().finally(() => this.#preparing = undefined);
  }

  async #loadTypes(): Promise<void> {
    const query = this.#driver.unsafe(ARRAY_TYPES);
    const { handler } = query;
    query.handler = () => this.#send(query, handler, NOBODY);
    addArrayTypes(this.#driver.options, await query as ArrayType[]);
    this.ready = true;
  }

  #enter(query: DriverQuery, handler: DriverQuery["handler"]): void {
    if (this.closed) return query.reject(this.noPlace());
    if (!this.ready) return void this.prepare().then(() => this.#enter(query, handler), query.reject);
    if (this.gate.tryEnter()) return this.#send(query, handler, this.#place);
    this.gate.wait({
      since: performance.now(),
      enter: () => this.#send(query, handler, this.#place),
      giveUp: () => query.reject(this.noPlace()),
    });
    this.watch();
  }

  /** Owns the queries outside of transactions: each holds a place of the gate. */
  readonly #place: QueryOwner = {
    onSent() {},
    onSettled: () => this.gate.leave(),
  };

  #send(query: DriverQuery, handler: DriverQuery["handler"], owner: QueryOwner): void {
    const { resolve, reject } = query;
    const since = performance.now();
    let again = 0;
    const span = this.#observer?.start(query);
    const settle = (error: Error | undefined) => {
      this.#running.delete(query);
      this.#observer?.end(query, span, since, error);
      owner.onSettled(query, error);
    };
    const fail = (error: Error) => {
      settle(error);
      reject(error);
    };
    query.resolve = (result) => {
      if (!this.#running.has(query)) return;
      settle(undefined);
      resolve(result);
    };
    query.reject = (error) => {
      // The driver rejects the last query of a killed connection once more when it connects again.
      if (!this.#running.has(query)) return;
      if (isOfAnother(error, query) && again++ < SEND_AGAIN) return handler(query);
      fail(toQueryError(error, query.state === null));
    };
    this.#running.set(query, { since, fail });
    owner.onSent(query);
    this.watch();
    handler(query);
  }

  /** Sees to the deadlines of whatever runs or waits, for as long as something does. */
  watch(): void {
    if (this.#sweep !== undefined || this.#limitMs === Infinity) return;
    this.#sweep = setTimeout(() => {
      this.#sweep = undefined;
      this.#expire(performance.now() - this.#limitMs);
      if (this.#running.size > 0 || this.#expected.size > 0 || this.gate.waiting > 0) this.watch();
    }, Math.min(Math.max(this.#limitMs / 20, 10), 250));
  }

  /** Ends what began before `time`. */
  #expire(time: number): void {
    for (const [query, { since, fail }] of this.#running) {
      if (since > time) break;
      const key = query.state === null ? undefined : backendKey(query.state.pid, query.state.secret);
      fail(new DatabaseError("Database did not answer in time", { retryable: true }));
      this.#giveUp(key);
    }
    for (const [owner, { since, key }] of this.#expected) {
      if (since > time) break;
      this.#expected.delete(owner);
      this.#giveUp(key);
    }
    this.gate.expire(time);
  }

  #giveUp(key: string | undefined): void {
    if (key === undefined) return;
    this.#sockets?.destroy(
      key,
      Object.assign(new Error("The server did not answer in time"), { code: "CONNECTION_CLOSED" }),
    );
  }
}

/**
 * Whether the driver rejects a query with what another one died of: the error of a killed connection reaches the next
 * query to use it, with the other one's text and parameters, before this one was sent.
 */
function isOfAnother(error: unknown, query: DriverQuery): boolean {
  return query.string === undefined && (error as { query?: unknown } | undefined)?.query !== undefined;
}
