/** Comparisons of a column, all of which must hold. Only `eq`, `ne`, `in`, `notIn` and `isNull` handle null. */
export interface Operators<T> {
  /** Equal to this value; `eq: null` matches null. */
  readonly eq?: T | null | undefined;
  /** Different from this value and not null; `ne: null` matches everything but null. */
  readonly ne?: T | null | undefined;
  /** One of these values, any number of them; an empty list matches no row. */
  readonly in?: readonly T[] | undefined;
  /** None of these values, any number of them, and not null. */
  readonly notIn?: readonly T[] | undefined;
  /** Greater than this value. */
  readonly gt?: NonNullable<T> | undefined;
  /** Greater than or equal to this value. */
  readonly gte?: NonNullable<T> | undefined;
  /** Less than this value. */
  readonly lt?: NonNullable<T> | undefined;
  /** Less than or equal to this value. */
  readonly lte?: NonNullable<T> | undefined;
  /** From the first to the second, both included. */
  readonly between?: readonly [from: NonNullable<T>, to: NonNullable<T>] | undefined;
  /** Matches this SQL pattern: `%` stands for any text, `_` for one character. */
  readonly like?: string | undefined;
  /** Matches this SQL pattern, ignoring case. */
  readonly ilike?: string | undefined;
  /** Contains this text literally; for jsonb and arrays, contains this value (`@>`). */
  readonly contains?: (T extends string ? string : Partial<T>) | undefined;
  /** Starts with this text, literally. */
  readonly startsWith?: string | undefined;
  /** Ends with this text, literally. */
  readonly endsWith?: string | undefined;
  /** Whether it is null. */
  readonly isNull?: boolean | undefined;
}

/** A value that the column equals, or operators. A column of objects or arrays takes operators only. */
export type Condition<T> =
  | (NonNullable<T> extends string | number | bigint | boolean | Date | Uint8Array ? T | null : null)
  | Operators<T>;

/**
 * Conditions on the columns of a row, all of which must hold.
 *
 * A filter has at most 1,000 conditions, those in its lists included, and is at most 16 filters deep; more is a
 * `ValidationError`. A list for `in` or `notIn` may have any length.
 *
 * A condition that is `undefined` is a `ValidationError`: were it ignored, a missing value would match every row.
 */
export type Filter<R extends object> =
  & { readonly [K in keyof R]?: Condition<R[K]> }
  & {
    /** Filters that must all hold. */
    readonly and?: readonly Filter<R>[];
    /** Filters of which at least one must hold; an empty list matches no row. */
    readonly or?: readonly Filter<R>[];
    /** A filter that must not hold. */
    readonly not?: Filter<R>;
  };
