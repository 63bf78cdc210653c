/** How a value of a column may be compared. All that is given must hold; `null` is equal to nothing but `eq` and `ne`. */
export interface Operators<T> {
  /** Equal, or null. */
  readonly eq?: T | null | undefined;
  /** Different and not null; `ne: null` is everything that is not null. */
  readonly ne?: T | null | undefined;
  /** One of these; of none there is no row. */
  readonly in?: readonly T[] | undefined;
  /** None of these, and not null. */
  readonly notIn?: readonly T[] | undefined;
  /** Greater. */
  readonly gt?: NonNullable<T> | undefined;
  /** Greater or equal. */
  readonly gte?: NonNullable<T> | undefined;
  /** Less. */
  readonly lt?: NonNullable<T> | undefined;
  /** Less or equal. */
  readonly lte?: NonNullable<T> | undefined;
  /** From the first to the second, both included. */
  readonly between?: readonly [from: NonNullable<T>, to: NonNullable<T>] | undefined;
  /** Matches a pattern of SQL: `%` for any text, `_` for one character. */
  readonly like?: string | undefined;
  /** As `like`, upper and lower case alike. */
  readonly ilike?: string | undefined;
  /** A text that holds this one, as it is; of jsonb and arrays, a value that holds this one (`@>`). */
  readonly contains?: (T extends string ? string : Partial<T>) | undefined;
  /** A text that starts with this one, as it is. */
  readonly startsWith?: string | undefined;
  /** A text that ends with this one, as it is. */
  readonly endsWith?: string | undefined;
  /** Whether it is null. */
  readonly isNull?: boolean | undefined;
}

/** A value to be equal to, or operators; a column of objects takes operators only. */
export type Condition<T> =
  | (NonNullable<T> extends string | number | bigint | boolean | Date | Uint8Array ? T | null : null)
  | Operators<T>;

/**
 * Which rows are meant: every column named must satisfy its condition.
 *
 * A condition that is `undefined` is refused rather than ignored: a value that got lost must not make a filter match
 * every row.
 */
export type Filter<R extends object> =
  & { readonly [K in keyof R]?: Condition<R[K]> }
  & {
    /** Filters that all have to hold. */
    readonly and?: readonly Filter<R>[];
    /** Filters of which one has to hold; of none there is no row. */
    readonly or?: readonly Filter<R>[];
    /** A filter that must not hold. */
    readonly not?: Filter<R>;
  };
