/** Options of {@link connectDatabase}. */
export interface DatabaseOptions {
  /** Such as `postgres://user:password@host:5432/name`. */
  readonly url?: string | undefined;
  /**
   * Most connections at once.
   * @default 10
   */
  readonly poolSize?: number | undefined;
  /**
   * The schema in which unqualified names are looked up and made.
   * @default the server's, `public` unless configured otherwise
   */
  readonly schema?: string | undefined;
}
