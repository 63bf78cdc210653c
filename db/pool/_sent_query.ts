import { InternalError } from "../../errors/common.ts";
import { DatabaseError } from "../../errors/infrastructure.ts";
import type { Linked } from "../../internal/linked_list.ts";
import type { DriverQuery } from "../connection/_driver.ts";
import { closeGap } from "./_close_gap.ts";
import { type CopyStream, isCopyStream, prepareCopyStream } from "./_copy_stream.ts";
import { codeOf, READ_ONLY, toQueryError } from "./_query_error.ts";
import { superviseCursor } from "./_cursor.ts";
import type { QueryObserver } from "./_query_observer.ts";
import { withStatement } from "./_query_site.ts";
import { backendKey } from "../connection/_startup.ts";
import type { SpanLike } from "../tracer.ts";

/** Called about a query's end: the transaction that it belongs to, or the pool. */
export interface QueryOwner {
  /** Whether the owner reports an error of the query, so that the stream of a COPY need not be listened to. */
  readonly reportsErrors: boolean;
  /** Whether it is a transaction that was begun as read-only. */
  readonly isReadOnly: boolean;
  onSent(sent: SentQuery): void;
  onSettled(sent: SentQuery, error: Error | undefined, result?: unknown): void;
}

/** The pool, as a query sees it. */
export interface SentQueryHost {
  readonly observer: QueryObserver | undefined;
  /** The database, such as `"catalog" at localhost:5432`, for messages. */
  readonly target: string;
  onSettled(sent: SentQuery, error: Error | undefined): void;
}

/** The owner of a query that needs none. */
export const NOBODY: QueryOwner = {
  reportsErrors: false,
  isReadOnly: false,
  onSent() {},
  onSettled() {},
};

/** How many times a query is sent again that failed before it left. Each time takes another connection that broke. */
const SEND_AGAIN = 3;

const SENT: unique symbol = Symbol("@glam/shared.db.sent");

interface WatchedQuery extends DriverQuery {
  [SENT]?: SentQuery;
}

/**
 * A query from its sending to its end. It replaces the query's `resolve` and `reject`, which costs less than wrapping the
 * query in a promise, and keeps the object usable as a fragment of other queries.
 *
 * A COPY resolves with its stream, but ends when the driver resolves or rejects it once more.
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
  #stream: CopyStream | undefined;
  #ended: PromiseWithResolvers<void> | undefined;

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
    this.#since = observer === undefined ? 0 : performance.now();
    this.#span = observer?.start(query);
    query[SENT] = this;
    const { resolve, reject } = query.cursorFn === undefined
      ? query
      : superviseCursor(query, END, () => this.#settled);
    this.#resolve = resolve;
    this.#reject = reject;
    if (query.cursorFn === undefined) Object.assign(query, END);
  }

  /** The key of the backend that it was sent to. */
  get key(): string | undefined {
    return keyOf(this.query);
  }

  /** Whether it is a COPY, during which its connection takes no other query. */
  get isCopy(): boolean {
    return this.query.streaming === true || this.#stream !== undefined;
  }

  send(): void {
    this.owner.onSent(this);
    // Makes the driver send no other query behind it, which the server would take for data of the COPY.
    if (this.query.streaming === true) this.query.options.onexecute = () => false;
    this.#handler(this.query);
  }

  succeed(result: unknown): void {
    closeGap(result);
    if (this.#stream === undefined && isCopyStream(result)) this.#startStream(result);
    else if (this.#settle(undefined, result)) this.#resolve(result);
  }

  fail(error: Error): void {
    if (!this.#settle(error)) return;
    this.#reject(error);
    this.#stream?.destroy(error);
  }

  /** Resolves when the driver is done with it. */
  ended(): Promise<void> {
    if (this.#settled) return Promise.resolve();
    return (this.#ended ??= Promise.withResolvers()).promise;
  }

  /** Asks the server to stop it, if it runs. */
  cancel(reason?: unknown): void {
    const { query } = this;
    const isCopyIn = this.#stream?.write !== undefined;
    // A server that waits for data of a COPY does not notice a cancel request, but the end of the stream.
    if (query.active && !isCopyIn) cancelQuery(query);
    this.#stream?.destroy(reason);
  }

  /**
   * Called when its deadline has passed. `destroy` destroys its connection and returns whether that was possible. Then
   * the query fails when the connection is closed, and not earlier, because the next query would use that connection.
   */
  expire(destroy: (key: string) => boolean): void {
    if (this.#settled) return; // when the connection of an earlier one in the list was destroyed
    const { key } = this;
    const isEnding = this.#expired === undefined && key !== undefined && destroy(key);
    this.#expired ??= withStatement(
      new DatabaseError("Database did not answer in time", { retryable: true }),
      this.query,
    );
    if (!isEnding) this.fail(this.#expired);
  }

  /** Called when the driver rejects the query. */
  onRejected(error: unknown): void {
    // The driver rejects the last query of a broken connection once more when it reconnects.
    if (this.#settled) return;
    const { query } = this;
    if (isOfAnother(error, query) && this.#expired === undefined && this.#again++ < SEND_AGAIN) {
      this.#handler(query);
    } else this.fail(this.#errorOf(error));
  }

  #errorOf(error: unknown): Error {
    const { query } = this;
    const target = query.state === null ? this.#host.target : undefined;
    const known = this.#expired ?? withStatement(toQueryError(error, target), query);
    if (this.owner.isReadOnly && codeOf(known) === READ_ONLY) return cannotWrite(known);
    // What a callback of the caller has thrown is rejected as it is.
    const mayBeOfCaller = query.cursorFn !== undefined || query.forEachFn !== undefined;
    return mayBeOfCaller && known instanceof InternalError ? error as Error : known;
  }

  /** The caller gets the stream; the query runs until its end. */
  #startStream(stream: CopyStream): void {
    if (this.#settled) return void stream.destroy();
    this.#stream = stream;
    prepareCopyStream(stream, (error) => this.#errorOf(error));
    if (this.owner.reportsErrors) stream.on("error", () => {});
    this.#resolve(stream);
    this.query.active = true; // `resolve` has set it to false
  }

  #settle(error: Error | undefined, result?: unknown): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    if (this.#stream !== undefined) this.query.active = false;
    this.#host.onSettled(this, error);
    this.#host.observer?.end(this.query, this.#span, this.#since, error);
    this.owner.onSettled(this, error, result);
    this.#ended?.resolve();
    return true;
  }
}

/** The key of the backend that a query was sent to. */
export function keyOf({ state }: DriverQuery): string | undefined {
  return state === null ? undefined : backendKey(state.pid, state.secret);
}

function cannotWrite(cause: Error): DatabaseError {
  return new DatabaseError("Cannot write in a transaction that is read-only", {
    cause,
    status: 500,
    retryable: false,
    errorCode: READ_ONLY,
  });
}

/** As the query's own `cancel`, which leaves the rejection of a failed request unhandled. */
function cancelQuery(query: DriverQuery): void {
  query.canceller?.(query).catch(() => {});
  query.canceller = null;
}

/** What the driver calls instead of a query's own functions. */
const END: Pick<DriverQuery, "resolve" | "reject"> = {
  resolve(this: WatchedQuery, result: unknown) {
    this[SENT]!.succeed(result);
  },
  reject(this: WatchedQuery, error: unknown) {
    this[SENT]!.onRejected(error);
  },
};

/**
 * Whether the driver rejects a query with the server's error for another one: it keeps the last error of a connection
 * that was closed, and reports it to the first query after the reconnect, before that query was sent. A failure of the
 * reconnect itself is an error of the socket.
 */
function isOfAnother(error: unknown, query: DriverQuery): boolean {
  const { query: text, severity } = (error ?? {}) as { query?: unknown; severity?: unknown };
  return query.string === undefined && text !== undefined && severity !== undefined;
}
