/** The part of a Hono application that tells its routes. */
export interface RoutesOf {
  /** Every registered handler; the method of middleware is `ALL`. */
  readonly routes: readonly { readonly method: string; readonly path: string; readonly handler: unknown }[];
}
