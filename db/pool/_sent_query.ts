import { DatabaseError } from "../../errors/infrastructure.ts";
import type { Linked } from "../../internal/linked_list.ts";
import type { DriverQuery } from "../connection/_driver.ts";
import { toQueryError } from "./_query_error.ts";
import type { QueryObserver } from "./_query_observer.ts";
import { backendKey } from "../connection/_startup.ts";
import type { SpanLike } from "../tracer.ts";

/** Who has to know what becomes of a query: the transaction that it belongs to. */
export interface QueryOwner {
  onSent(sent: SentQuery): void;
  onSettled(sent: SentQuery, error: Error | undefined): void;
}

/** Who sends queries. */
export interface SentQueryHost {
  readonly observer: QueryObserver | undefined;
  onSettled(sent: SentQuery): void;
}

/** For a query that is nobody's. */
export const NOBODY: QueryOwner = { onSent() {}, onSettled() {} };

/** How often a query that never left is sent again; each time needs another connection that was killed. */
const SEND_AGAIN = 3;

const SENT: unique symbol = Symbol("@glam/shared.db.sent");

interface WatchedQuery extends DriverQuery {
  [SENT]?: SentQuery;
}

/**
 * A query between its sending and its end. It stands in for what the driver calls at the end, which costs less than a
 * promise around the query, and leaves it what it is: a part that fits into other queries.
 */
export class SentQuery implements Linked<SentQuery> {
  previous: SentQuery | undefined;
  next: SentQuery | undefined;
  readonly query: DriverQuery;
  /** When it was sent, in ticks of the pool. */
  readonly tick: number;
  readonly sentAt: number = Date.now();
  /** Who has to know what becomes of it. */
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
   * It has taken too long. `giveUp` ends its connection, and gives whether it could: then it fails with that, and not
   * before, as the next query would still be sent on the same connection.
   */
  expire(giveUp: (key: string) => boolean): void {
    if (this.#settled) return; // by the end of another one's connection, a moment ago
    const { state } = this.query;
    const isEnding = this.#expired === undefined && state !== null &&
      giveUp(backendKey(state.pid, state.secret));
    this.#expired ??= new DatabaseError("Database did not answer in time", { retryable: true });
    if (!isEnding) this.fail(this.#expired);
  }

  /** The driver rejects it. */
  onRejected(error: unknown): void {
    // The driver rejects the last query of a killed connection once more when it connects again.
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
 * Whether the driver rejects a query with what another one died of: the error of a killed connection reaches the next
 * query to use it, with the other one's text and parameters, before this one was sent.
 */
function isOfAnother(error: unknown, query: DriverQuery): boolean {
  return query.string === undefined && (error as { query?: unknown } | undefined)?.query !== undefined;
}
