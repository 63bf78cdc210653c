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
 * What is known of messages that failed here and were given back, so that the next delivery goes on from there, and does not
 * run again what only misses its dead letter.
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

  /** Gives a message that was here before what is known of it; whether anything is. */
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

/** The time tells messages of two streams apart that followed each other under one name. */
function keyOf({ source, sequence, delivery }: HeldMessage): string {
  return `${source.settings.durable}:${sequence}:${delivery.timeNanos}`;
}
