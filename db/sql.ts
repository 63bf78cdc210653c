/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** The rows of a query, with what the server said of it. */
export type RowList<T extends object = Row> = T[] & {
  /** Rows touched or found. */
  readonly count: number;
  /** `SELECT`, `INSERT`, ... */
  readonly command: string;
};

/** A query that runs when it is awaited, or a part of another one. */
export interface PendingQuery<T extends object = Row> extends Promise<RowList<T>> {
  /** Sends the query over the simple protocol, which allows several statements and no parameters. */
  simple(): PendingQuery<T>;
  /** Asks the server to give the query up. */
  cancel(): void;
  /** Sends the query now, without waiting for it. */
  execute(): PendingQuery<T>;
}

/** A part of a query, such as a list of columns. */
export interface Fragment {
  /** Not the text: the driver builds that where the fragment is used. */
  readonly [Symbol.toStringTag]?: string;
}

/** The postgres.js tag, as far as this package uses it; a `Sql` of the `postgres` package fits. */
export interface Sql {
  /** Runs a query; every `${}` is a parameter or a fragment. */
  <T extends object = Row>(strings: TemplateStringsArray, ...parameters: readonly unknown[]): PendingQuery<T>;
  /** A quoted identifier, or several. */
  (identifier: string | readonly string[]): Fragment;
  /** Columns and values of rows, for `insert` and `update`. */
  (rows: object | readonly object[], ...columns: readonly string[]): Fragment;
  /** Runs text that this program wrote itself. */
  unsafe<T extends object = Row>(
    text: string,
    parameters?: readonly unknown[],
    options?: { readonly prepare?: boolean },
  ): PendingQuery<T>;
  /** A parameter that is sent as JSON. */
  json(value: unknown): unknown;
  /** A parameter that is an array; `type` is the OID of the array's type, where its first element does not tell it. */
  array(values: readonly unknown[], type?: number): unknown;
}
