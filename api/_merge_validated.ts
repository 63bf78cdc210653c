/** The part of a Hono `Context` that keeps what was validated. */
export interface ValidatedContextLike {
  /** The request. */
  readonly req: {
    valid(target: string): unknown;
    addValidatedData(target: string, data: object): void;
  };
}

/**
 * Remembers what earlier validators of `target` gave; the function that it gives adds that to what the next one gave,
 * where both are plain objects. Hono itself keeps the last result only, although its types promise all.
 */
export function mergeValidated({ req }: ValidatedContextLike, target: string): () => void {
  const earlier = req.valid(target);
  return () => {
    const later = req.valid(target);
    if (isPlainObject(earlier) && isPlainObject(later)) {
      req.addValidatedData(target, { ...earlier, ...later });
    }
  };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
