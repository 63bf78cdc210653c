import { isGlamError } from "../../errors/glam_error.ts";

/** What was asked for, or why there is none; the reason has no message of an error in it, but its code. */
export type Answer<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/** Waits for an answer, but no longer than `ms`: a page shows what it has, also where a server hangs. */
export async function answerWithin<Value>(ms: number, ask: () => Promise<Value>): Promise<Answer<Value>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Answer<Value>>((resolve) => {
    timer = setTimeout(() => resolve({ problem: `no answer within ${ms / 1000} s` }), ms);
  });
  try {
    return await Promise.race([ask().then((value) => ({ value })), late]);
  } catch (error) {
    return { problem: problemOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** A failure as its code and kind, which say nothing of any tenant. */
export function problemOf(error: unknown): string {
  if (!isGlamError(error)) return "failed; see the log";
  const { kind } = error.details as { readonly kind?: unknown };
  return typeof kind === "string" ? `${error.code} (${kind})` : error.code;
}
