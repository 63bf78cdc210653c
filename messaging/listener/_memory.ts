import type { Failure } from "./_failure.ts";
import type { Held, HeldSource } from "./_held.ts";

const MAX_ENTRIES = 20_000;

interface Entry {
  readonly source: HeldSource;
  readonly failures: number;
  readonly firstFailedAt: number | undefined;
  readonly fate: Failure | undefined;
  readonly outcome: "dlq" | "invalid";
  readonly burials: number;
}

/**
 * What is known of messages that failed here and were given back, so that the next delivery goes on from there, and does not
 * run again what only misses its dead letter.
 */
export class Memory {
  readonly #entries = new Map<string, Entry>();

  remember(held: Held): void {
    if (held.failures === 0 && held.fate === undefined) return;
    const { source, failures, firstFailedAt, fate, outcome, burials } = held;
    this.#entries.set(keyOf(held), { source, failures, firstFailedAt, fate, outcome, burials });
    if (this.#entries.size <= MAX_ENTRIES) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  /** Gives a message that was here before what is known of it; whether anything is. */
  recall(held: Held): boolean {
    if (this.#entries.size === 0) return false;
    const entry = this.#entries.get(keyOf(held));
    if (entry === undefined) return false;
    held.failures = entry.failures;
    held.firstFailedAt = entry.firstFailedAt;
    held.fate = entry.fate;
    held.outcome = entry.outcome;
    held.burials = entry.burials;
    return true;
  }

  forget(held: Held): void {
    if (this.#entries.size > 0) this.#entries.delete(keyOf(held));
  }
}

/** The time tells messages of two streams apart that followed each other under one name. */
function keyOf({ source, sequence, delivery }: Held): string {
  return `${source.settings.durable}:${sequence}:${delivery.timeNanos}`;
}
