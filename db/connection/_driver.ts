import type { DriverTypes } from "./_array_types.ts";
import type { PendingQuery, Row } from "../sql.ts";

/**
 * The parts of postgres.js that this package relies on. Those of a query are not documented by it: one test runs each of
 * them, and the version is pinned for consumers.
 */
export interface DriverQuery extends Promise<unknown> {
  readonly strings: TemplateStringsArray | readonly string[];
  /** The text as it was sent; `undefined` for as long as it was not. */
  readonly string?: string;
  /** The backend that it was given to. */
  readonly state: { readonly pid: number; readonly secret: number } | null;
  /** Whether the server works on it. */
  readonly active: boolean;
  /** Called once, when somebody awaits the query. */
  handler(query: DriverQuery): void;
  resolve(result: unknown): void;
  reject(error: unknown): void;
  cancel(): Promise<void> | undefined;
}

/** A tag of the driver: of the pool, or of a transaction. */
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

/** A query of the driver, as its users see it. */
export function asPending<T extends object = Row>(query: DriverQuery): PendingQuery<T> {
  return query as unknown as PendingQuery<T>;
}
