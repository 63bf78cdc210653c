import { answerKnown, type KeyedOperation, respondKeepingFailures } from "./_keyed_operation.ts";
import type { IdempotencyStore } from "./idempotency_store.ts";

/** What the reservations of keyed requests need. */
export interface LockModeOptions {
  readonly store: IdempotencyStore;
  readonly ttlMs: number;
  readonly leaseMs: number;
}

/**
 * Runs the handler while its operation is reserved. Where the process dies in between, the operation can be had again when
 * the lease has passed: the handler runs at least once.
 */
export async function runLocked(
  operation: KeyedOperation,
  { store, ttlMs, leaseMs }: LockModeOptions,
): Promise<Response> {
  const { state: { settings: { logger } }, entry, keeper, count } = operation;
  const owner = crypto.randomUUID();
  const found = await store.reserve(entry, { owner, leaseMs, ttlMs });
  if (found.state !== "reserved") return answerKnown(operation, found);
  count("first");
  const responded = await respondKeepingFailures(operation, {
    keep: (answer) => store.keep(entry, answer, { owner, ttlMs }),
    forget: () => store.release(entry, { owner }),
  });
  // Also after the request has timed out: it was done, and its repetition is to hear so.
  const { answer, response } = await keeper.take(responded);
  try {
    if (!await store.keep(entry, answer, { owner, ttlMs })) {
      logger.warn("The handler took longer than its lease, and may have run twice", {
        endpoint: entry.endpoint,
        lease_ms: leaseMs,
      });
    }
  } catch (error) {
    // An error would have the caller try again what was done.
    logger.error("What was answered under an Idempotency-Key could not be kept", { error });
  }
  return response;
}
