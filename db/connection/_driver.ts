import type { DriverTypes } from "./_array_types.ts";
import type { PendingQuery, Row } from "../sql.ts";

/**
 * A query of postgres.js, with the members that this package uses. They are not documented by postgres.js: one test
 * uses each of them, and the version is pinned for consumers.
 */
export interface DriverQuery extends Promise<unknown> {
  readonly strings: TemplateStringsArray | readonly string[];
  /** The text that was sent; `undefined` until it was. */
  readonly string?: string;
  /** The backend that it was sent to. */
  readonly state: { readonly pid: number; readonly secret: number } | null;
  /** Whether it is the query that its connection is executing. */
  active: boolean;
  /** Whether it is a COPY, by `readable()` or `writable()`. */
  readonly streaming?: boolean;
  /** Whether it is read through a cursor. */
  readonly cursorFn?: unknown;
  /** Called for each row, by `forEach()`. */
  readonly forEachFn?: unknown;
  readonly options: { onexecute?: (connection: unknown) => unknown };
  /** Called once, when the query is first awaited: sends it. */
  handler(query: DriverQuery): void;
  resolve(result: unknown): void;
  reject(error: unknown): void;
  /** Sends the cancel request of `cancel`. */
  canceller: ((query: DriverQuery) => Promise<void>) | null;
  cancel(): unknown;
}

/** A tag of the driver, of its pool or of a transaction. */
export interface DriverTag {
  (strings: TemplateStringsArray, ...parameters: readonly unknown[]): DriverQuery;
  (first: unknown, ...rest: readonly unknown[]): object;
  unsafe(text: string, parameters?: readonly unknown[], options?: object): DriverQuery;
  json(value: unknown): unknown;
  array(values: readonly unknown[], type?: number): unknown;
  savepoint<T>(fn: (tag: DriverTag) => Promise<T>): Promise<T>;
}

/** The pool of the driver. */
export interface Driver extends DriverTag {
  readonly options: DriverTypes;
  begin<T>(mode: string, fn: (tag: DriverTag) => Promise<T>): Promise<T>;
  end(options: { timeout: number }): Promise<void>;
}

/** The same query with its public type. */
export function asPending<T extends object = Row>(query: DriverQuery): PendingQuery<T> {
  return query as unknown as PendingQuery<T>;
}
