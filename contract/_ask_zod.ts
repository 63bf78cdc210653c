import * as z from "zod";
import type { IssueLike } from "../errors/validation_errors.ts";
import type { ZodSchema } from "./_zod_def.ts";

/** What a value is written as or read as, or why it does not fit. */
export type ZodOutcome =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: readonly IssueLike[] };

/** Which way a value goes through a schema. */
export type Direction = "encode" | "parse";

/**
 * Whether a schema needs the asynchronous form. Not by its class: that is in `z.core`, which bundlers do not take apart, so
 * that naming it brings all of Zod into a worker, 70 KB compressed.
 */
function isAsyncError(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Encountered Promise during synchronous parse");
}

/** Puts values through a schema; gives a promise only where the schema has an asynchronous refinement. */
export function askZod(
  schema: ZodSchema,
  direction: Direction,
): (value: unknown) => Promise<ZodOutcome> | ZodOutcome {
  const type = schema as unknown as z.ZodType;
  const sync = direction === "encode" ? z.safeEncode : z.safeParse;
  const async = direction === "encode" ? z.safeEncodeAsync : z.safeParseAsync;
  const outcome = (result: z.ZodSafeParseResult<unknown>): ZodOutcome =>
    result.success ? { value: result.data } : { issues: result.error.issues as readonly IssueLike[] };
  let isAsync = false;
  return (value) => {
    if (!isAsync) {
      try {
        return outcome(sync(type, value as never));
      } catch (error) {
        if (!isAsyncError(error)) throw error;
        isAsync = true;
      }
    }
    return async(type, value as never).then(outcome);
  };
}
