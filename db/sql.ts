/** A row as the driver returns it. */
export type Row = Readonly<Record<string, unknown>>;

/** The rows of a query, with the server's command tag. */
export type RowList<T extends object = Row> = T[] & {
  /** Number of rows selected, inserted, updated or deleted. */
  readonly count: number;
  /** `SELECT`, `INSERT`, ... */
  readonly command: string;
};

/** A query. It runs when it is awaited; inside another query's `${}` it is a fragment of that one. */
export interface PendingQuery<T extends object = Row> extends Promise<RowList<T>> {
  /** Uses the simple query protocol, which allows several statements and no parameters. */
  simple(): PendingQuery<T>;
  /** Asks the server to cancel the query. */
  cancel(): void;
  /** Sends the query now, without awaiting it. */
  execute(): PendingQuery<T>;
}

/** A part of a query, such as a list of columns. */
export interface Fragment {
  /** A fragment has no text of its own: the driver writes it where the fragment is used. */
  readonly [Symbol.toStringTag]?: string;
}

/** The part of the postgres.js tag that this package uses. A `Sql` of the `postgres` package is assignable to it. */
export interface Sql {
  /** Runs a query; every `${}` is a parameter or a fragment. */
  <T extends object = Row>(strings: TemplateStringsArray, ...parameters: readonly unknown[]): PendingQuery<T>;
  /** A quoted identifier, or several. */
  (identifier: string | readonly string[]): Fragment;
  /** Columns and values of rows, for `insert` and `update`. */
  (rows: object | readonly object[], ...columns: readonly string[]): Fragment;
  /** Runs a text as it is. Never put input of a client into the text. */
  unsafe<T extends object = Row>(
    text: string,
    parameters?: readonly unknown[],
    options?: { readonly prepare?: boolean },
  ): PendingQuery<T>;
  /** A parameter that is sent as JSON. */
  json(value: unknown): unknown;
  /** A parameter that is an array. `type` is the OID of the array type, by default that of its first element. */
  array(values: readonly unknown[], type?: number): unknown;
}
