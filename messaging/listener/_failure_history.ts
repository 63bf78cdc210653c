import type { Failure } from "./_failure.ts";
import type { HeldMessage, HeldSource } from "./_held_message.ts";

const MAX_ENTRIES = 20_000;

interface Entry {
  readonly source: HeldSource;
  readonly failures: number;
  readonly firstFailedAt: number | undefined;
  readonly deadLetterCause: Failure | undefined;
  readonly outcome: "dlq" | "invalid";
  readonly deadLetterFailures: number;
}

/**
 * Attempts of messages that failed here and were returned to the server, so that the next delivery continues the count, and
 * does not call the handler again where only the dead letter is missing.
 */
export class FailureHistory {
  readonly #entries = new Map<string, Entry>();

  remember(held: HeldMessage): void {
    if (held.failures === 0 && held.deadLetterCause === undefined) return;
    const { source, failures, firstFailedAt, deadLetterCause, outcome, deadLetterFailures } = held;
    this.#entries.set(keyOf(held), {
      source,
      failures,
      firstFailedAt,
      deadLetterCause,
      outcome,
      deadLetterFailures,
    });
    if (this.#entries.size <= MAX_ENTRIES) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  /** Restores the attempts of a message; `false` where none are known. */
  recall(held: HeldMessage): boolean {
    if (this.#entries.size === 0) return false;
    const entry = this.#entries.get(keyOf(held));
    if (entry === undefined) return false;
    held.failures = entry.failures;
    held.firstFailedAt = entry.firstFailedAt;
    held.deadLetterCause = entry.deadLetterCause;
    held.outcome = entry.outcome;
    held.deadLetterFailures = entry.deadLetterFailures;
    return true;
  }

  forget(held: HeldMessage): void {
    if (this.#entries.size > 0) this.#entries.delete(keyOf(held));
  }
}

/** The stored time is part of the key, because a stream that is made again reuses the sequences. */
function keyOf({ source, sequence, delivery }: HeldMessage): string {
  return `${source.settings.durable}:${sequence}:${delivery.timeNanos}`;
}
