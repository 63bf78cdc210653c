import { html } from "hono/html";
import { isGlamError } from "../../errors/glam_error.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Html } from "./_html.ts";

/** What was asked for, or why there is none; the reason has no message of an error in it, but its code. */
export type Answer<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/**
 * Waits for an answer, but no longer than `ms`: a page shows what it has, also where a server hangs. The log gets what the
 * page may not show.
 */
export async function answerWithin<Value>(
  ms: number,
  ask: () => Promise<Value>,
  logger?: LoggerLike,
): Promise<Answer<Value>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Answer<Value>>((resolve) => {
    timer = setTimeout(() => {
      logger?.warn("Operations page: no answer", { within_ms: ms });
      resolve({ problem: `no answer within ${ms / 1000} s` });
    }, ms);
  });
  try {
    return await Promise.race([ask().then((value) => ({ value })), late]);
  } catch (error) {
    logger?.warn("Operations page: no answer", { error });
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

/** Says which server did not answer, and where to look next. */
export function unanswered(server: "database" | "message bus", problem: string): Html {
  return html`<p class="note bad">The ${server}: ${problem}</p>
<p>The log of this process has the whole error.</p>`;
}
