/** Hono's call of the application's `onError`. */
export type OnError = (error: unknown) => Response | Promise<Response>;

/**
 * Calls `onCatch` instead of the `onError` that Hono chains to the promise of a middleware.
 *
 * Where no route matches, a middleware that is alone calls the application's `notFound` by its `next()`. When that throws,
 * Hono calls `onError` only if the middleware rejects, and sends its answer without the middleware seeing it. Hono chains
 * `.then(...).catch(onError)` to the promise, at once, which is where both can be had.
 *
 * @param onChained is called when Hono has chained `onError`, before the promise settles.
 */
export function interceptOnError(
  promise: Promise<void>,
  onChained: () => void,
  onCatch: (error: unknown, onError: OnError) => Promise<Response>,
): Promise<void> {
  return override(promise, "then", (...handlers) => {
    const chained = Promise.prototype.then.apply(promise, handlers);
    return override(chained, "catch", (onError) => {
      onChained();
      return Promise.prototype.catch.call(chained, (error) => onCatch(error, onError as unknown as OnError));
    });
  });
}

type Method = Promise<unknown>["then"];

function override<P extends Promise<unknown>>(
  promise: P,
  method: "catch" | "then",
  value: (...handlers: Parameters<Method>) => Promise<unknown>,
): P {
  return Object.defineProperty(promise, method, { value });
}
