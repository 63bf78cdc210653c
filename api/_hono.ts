/**
 * The part of Hono that this package touches, as structural types: a `Context` of another version or copy of Hono has
 * private fields that make it another type, and yet works.
 */

/** One entry of the routes that Hono matched for a request. */
export interface MatchedRoute {
  /** `ALL` for middleware. */
  readonly method: string;
  /** The pattern: `/items/:id`. */
  readonly path: string;
}

/** The part of a Hono `Context` that the middleware and the response helpers use. */
export interface ContextLike {
  /** Runtime bindings. */
  readonly env: unknown;
  /** What a handler threw. */
  error: Error | undefined;
  /** Whether there is a response. */
  readonly finalized: boolean;
  /** The request. */
  readonly req: {
    readonly matchedRoutes: readonly MatchedRoute[];
    readonly method: string;
    readonly path: string;
    readonly raw: Request;
    readonly routeIndex: number;
    readonly url: string;
  };
  /** The response. */
  res: Response;
  /** A context variable. */
  get(key: never): unknown;
  /** Sets a response header. */
  header(...args: never[]): void;
  /** Sets the response's status. */
  status(...args: never[]): void;
  /** Sets a context variable. */
  set(key: never, value: never): void;
  /** Makes a response with the headers, cookies and status set before. */
  body(data: string, status: never, headers: Record<string, string>): Response;
}

/** Goes on to the next handler. */
export type NextLike = () => Promise<void>;

/** Replaces the response: a plain assignment would merge the old headers into the new response. */
export function replaceResponse(c: ContextLike, response: Response): void {
  (c as { res: Response | undefined }).res = undefined;
  c.res = response;
}
