import { isRetryableError } from "../../errors/is_retryable_error.ts";
import type { EndpointContext } from "../_endpoint_context.ts";
import type { RequestState } from "../_request_state.ts";
import { type AnswerKeeper, isKeptFailure, replay } from "./_kept_answer.ts";
import { inProgress, keyReused } from "./_refusals.ts";
import type { IdempotencyEntry, IdempotencyReservation, KeptAnswer } from "./idempotency_store.ts";

/** How a request with a key ended, for the metrics. */
export type KeyOutcome = "first" | "in_progress" | "mismatch" | "replayed";

/** A request with a key. */
export interface KeyedOperation {
  readonly c: EndpointContext;
  readonly state: RequestState;
  readonly entry: IdempotencyEntry;
  readonly keeper: AnswerKeeper;
  /** Calls the handler. */
  respond(): Promise<Response>;
  /** Counts the outcome. */
  count(outcome: KeyOutcome): void;
}

/**
 * Answers a request whose key is known.
 *
 * @throws {GlamError} 422 when it is another request, 409 when the first one runs, or its answer was too large.
 */
export function answerKnown(
  { c, entry, count }: KeyedOperation,
  known: Exclude<IdempotencyReservation, { readonly state: "reserved" }>,
): Response {
  if (known.fingerprint !== entry.fingerprint) {
    count("mismatch");
    throw keyReused();
  }
  if (known.state === "running") {
    count("in_progress");
    throw inProgress();
  }
  count("replayed");
  return replay(c, known.answer);
}

/**
 * Runs the handler, and keeps the answer to its failure by `keep` where that is one to keep; `forget` is called where it is
 * not. The answer is made later, by the application's own `onError` perhaps.
 */
export async function respondKeepingFailures(
  { state, keeper, respond }: KeyedOperation,
  { keep, forget }: {
    readonly keep: (answer: KeptAnswer) => Promise<unknown>;
    readonly forget: () => Promise<unknown>;
  },
): Promise<Response> {
  const { context, settings: { logger } } = state;
  const logged = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      logger.warn("What was answered under an Idempotency-Key could not be kept", { error });
    }
  };
  try {
    return await respond();
  } catch (error) {
    const isOfTheMoment = isRetryableError(error);
    if (context.signal?.aborted) await logged(forget); // it was answered before
    else {
      state.keepFailure = async (answer) => {
        if (isOfTheMoment || !isKeptFailure(answer.status)) await logged(forget);
        else await logged(async () => await keep(await keeper.of(answer)));
      };
    }
    throw error;
  }
}
