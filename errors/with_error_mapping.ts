import type { GlamError } from "./glam_error.ts";
import { isGlamError } from "./glam_error.ts";
import { InfrastructureError } from "./infrastructure_error.ts";

/** The errors that a mapping applies to: those of a class, those with a `code`, or those for which a predicate is true. */
export type ErrorMatcher =
  | string
  | (abstract new (...args: never[]) => unknown)
  | ((error: unknown) => boolean);

/** A class whose constructor takes a message and a cause. */
export type MappedErrorClass = new (message: string, options: { readonly cause: unknown }) => GlamError;

/** Options of {@link withErrorMapping}. */
export interface ErrorMappingOptions {
  /**
   * Class for errors that no mapping matches.
   * @default InfrastructureError
   */
  readonly defaultError?: MappedErrorClass | undefined;
  /**
   * Message for errors that have none.
   * @default "Operation failed"
   */
  readonly defaultMessage?: string | undefined;
}

/**
 * Wraps `fn`, sync or async, so that it throws errors of this package instead of foreign ones. The first mapping that
 * matches applies. An error of this package that none matches stays as it is; any other becomes a `defaultError`. The new
 * error has the message of the original, which a client sees where the status is under 500, and the original as `cause`.
 *
 * @example
 * ```ts
 * import { NotFoundError, ValidationError, withErrorMapping } from "@glam/shared/errors";
 *
 * const parse = withErrorMapping((text: string) => JSON.parse(text), [
 *   [SyntaxError, ValidationError],
 *   ["ENOENT", NotFoundError],
 * ]);
 * try {
 *   parse("{");
 * } catch (error) {
 *   console.log(error instanceof ValidationError); // true
 * }
 * ```
 */
export function withErrorMapping<Fn extends (...args: never[]) => unknown>(
  fn: Fn,
  mappings: Iterable<readonly [matcher: ErrorMatcher, Class: MappedErrorClass]>,
  options: ErrorMappingOptions = {},
): Fn {
  const { defaultError = InfrastructureError, defaultMessage = "Operation failed" } = options;
  const rules = Array.from(mappings, ([matcher, Class]) => [toPredicate(matcher), Class] as const);

  const mapped = (error: unknown): unknown => {
    const rule = rules.find(([matches]) => matches(error));
    if (rule === undefined && isGlamError(error)) return error;
    const Class = rule?.[1] ?? defaultError;
    return new Class(messageOf(error) || defaultMessage, { cause: error });
  };

  const withMappedErrors = function (this: unknown, ...args: never[]): unknown {
    try {
      const result = fn.apply(this, args);
      return isThenable(result)
        ? Promise.resolve(result).catch((error) => Promise.reject(mapped(error)))
        : result;
    } catch (error) {
      throw mapped(error);
    }
  };
  Object.defineProperty(withMappedErrors, "name", { value: fn.name, configurable: true });
  return withMappedErrors as Fn;
}

function toPredicate(matcher: ErrorMatcher): (error: unknown) => boolean {
  if (typeof matcher === "string") {
    return (error) => (error as { code?: unknown } | null | undefined)?.code === matcher;
  }
  if (isClass(matcher)) return (error) => error instanceof matcher;
  return matcher as (error: unknown) => boolean;
}

function isClass(
  matcher: (abstract new (...args: never[]) => unknown) | ((error: unknown) => boolean),
): boolean {
  return (matcher as unknown) === Error || matcher.prototype instanceof Error ||
    /^class\b/.test(Function.prototype.toString.call(matcher));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function messageOf(error: unknown): string | undefined {
  const message = typeof error === "string"
    ? error
    : (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? message : undefined;
}
