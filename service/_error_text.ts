import { isGlamError } from "../errors/glam_error.ts";
import { DeadlineExceeded } from "../internal/clock.ts";

/** The message of an error; for a failed dependency with those of its causes, such as the port that refused. */
export function messageOf(error: unknown): string {
  let text = error instanceof Error ? error.message : String(error);
  if (!isGlamError(error) || error.status < 502) return text;
  for (
    let cause = causeOf(error), depth = 0;
    cause !== undefined && depth < 3;
    cause = causeOf(cause), depth++
  ) {
    if (!text.includes(cause.message)) text += `: ${cause.message}`;
  }
  return text;
}

function causeOf(error: unknown): Error | undefined {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause instanceof Error ? cause : undefined;
}

/** The fields of a line that has the message: that of an expected failure says everything, another needs its stack. */
export function errorFields(error: unknown): { readonly error?: unknown } {
  return isGlamError(error) || error instanceof DeadlineExceeded ? {} : { error };
}
