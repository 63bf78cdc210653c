import { DatabaseError } from "../../errors/infrastructure.ts";
import type { Linked } from "../../internal/linked_list.ts";
import type { DriverQuery } from "../connection/_driver.ts";
import { toQueryError } from "./_query_error.ts";
import type { QueryObserver } from "./_query_observer.ts";
import { backendKey } from "../connection/_startup.ts";
import type { SpanLike } from "../tracer.ts";

/** Called about a query's end: the transaction that it belongs to, or the pool. */
export interface QueryOwner {
  onSent(sent: SentQuery): void;
  onSettled(sent: SentQuery, error: Error | undefined): void;
}

/** The pool, as a query sees it. */
export interface SentQueryHost {
  readonly observer: QueryObserver | undefined;
  onSettled(sent: SentQuery): void;
}

/** The owner of a query that needs none. */
export const NOBODY: QueryOwner = { onSent() {}, onSettled() {} };

/** How many times a query is sent again that failed before it left. Each time takes another connection that broke. */
const SEND_AGAIN = 3;

const SENT: unique symbol = Symbol("@glam/shared.db.sent");

interface WatchedQuery extends DriverQuery {
  [SENT]?: SentQuery;
}

/**
 * A query from its sending to its end. It replaces the query's `resolve` and `reject`, which costs less than wrapping the
 * query in a promise, and keeps the object usable as a fragment of other queries.
 */
export class SentQuery implements Linked<SentQuery> {
  previous: SentQuery | undefined;
  next: SentQuery | undefined;
  readonly query: DriverQuery;
  /** When it was sent, in ticks of the pool. */
  readonly tick: number;
  readonly sentAt: number = Date.now();
  /** Called when it has been sent and settled. */
  readonly owner: QueryOwner;
  readonly #host: SentQueryHost;
  readonly #handler: DriverQuery["handler"];
  readonly #resolve: DriverQuery["resolve"];
  readonly #reject: DriverQuery["reject"];
  readonly #since: number;
  readonly #span: SpanLike | undefined;
  #again = 0;
  #settled = false;
  #expired: DatabaseError | undefined;

  constructor(
    host: SentQueryHost,
    query: WatchedQuery,
    handler: DriverQuery["handler"],
    owner: QueryOwner,
    tick: number,
  ) {
    const { observer } = host;
    this.query = query;
    this.tick = tick;
    this.#host = host;
    this.#handler = handler;
    this.owner = owner;
    this.#resolve = query.resolve;
    this.#reject = query.reject;
    this.#since = observer === undefined ? 0 : performance.now();
    this.#span = observer?.start(query);
    query[SENT] = this;
    query.resolve = resolveSent;
    query.reject = rejectSent;
  }

  send(): void {
    this.owner.onSent(this);
    this.#handler(this.query);
  }

  succeed(result: unknown): void {
    if (this.#settle(undefined)) this.#resolve(result);
  }

  fail(error: Error): void {
    if (this.#settle(error)) this.#reject(error);
  }

  /**
   * Called when its deadline has passed. `destroy` destroys its connection and returns whether that was possible. Then
   * the query fails when the connection is closed, and not earlier, because the next query would use that connection.
   */
  expire(destroy: (key: string) => boolean): void {
    if (this.#settled) return; // when the connection of an earlier one in the list was destroyed
    const { state } = this.query;
    const isEnding = this.#expired === undefined && state !== null &&
      destroy(backendKey(state.pid, state.secret));
    this.#expired ??= new DatabaseError("Database did not answer in time", { retryable: true });
    if (!isEnding) this.fail(this.#expired);
  }

  /** Called when the driver rejects the query. */
  onRejected(error: unknown): void {
    // The driver rejects the last query of a broken connection once more when it reconnects.
    if (this.#settled) return;
    const { query } = this;
    if (this.#expired !== undefined) this.fail(this.#expired);
    else if (isOfAnother(error, query) && this.#again++ < SEND_AGAIN) this.#handler(query);
    else this.fail(toQueryError(error, query.state === null));
  }

  #settle(error: Error | undefined): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#host.onSettled(this);
    this.#host.observer?.end(this.query, this.#span, this.#since, error);
    this.owner.onSettled(this, error);
    return true;
  }
}

function resolveSent(this: WatchedQuery, result: unknown): void {
  this[SENT]!.succeed(result);
}

function rejectSent(this: WatchedQuery, error: unknown): void {
  this[SENT]!.onRejected(error);
}

/**
 * Whether the driver rejects a query with the error of another one: it reports the error of a broken connection to the
 * next query on it, before that query was sent, with the text and parameters of the other.
 */
function isOfAnother(error: unknown, query: DriverQuery): boolean {
  return query.string === undefined && (error as { query?: unknown } | undefined)?.query !== undefined;
}
