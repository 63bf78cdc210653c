import { assertWhole } from "../internal/assert_number.ts";

/** Where webhooks are noted that were handled, so that a repetition has no second effect. */
export interface WebhookStore {
  /**
   * Notes that a webhook is being handled, under all of these keys or under none. `done` where one of them was handled,
   * `running` where one is being handled now.
   */
  begin(keys: readonly string[], leaseMs: number): Promise<"begun" | "done" | "running">;
  /** Notes that it was handled. */
  finish(keys: readonly string[], keepMs: number): Promise<void>;
  /** Forgets it, so that its repetition is handled. */
  forget(keys: readonly string[]): Promise<void>;
}

/** Options of {@link createMemoryWebhookStore}. */
export interface MemoryWebhookStoreOptions {
  /**
   * So many webhooks are remembered, from 1; the oldest make room.
   * @default 100000
   */
  readonly maxWebhooks?: number | undefined;
}

interface Note {
  readonly isDone: boolean;
  readonly until: number;
}

/**
 * Remembers webhooks in this process: for a service with one replica, or for tests. It forgets them when the process ends.
 *
 * @throws {RangeError} when `maxWebhooks` is not a whole number from 1.
 */
export function createMemoryWebhookStore(options: MemoryWebhookStoreOptions = {}): WebhookStore {
  const { maxWebhooks = 100_000 } = options;
  assertWhole("maxWebhooks", maxWebhooks, 1);
  const notes = new Map<string, Note>();

  function note(keys: readonly string[], isDone: boolean, ms: number): void {
    for (const key of keys) {
      notes.delete(key); // so that it is the newest
      if (notes.size >= 2 * maxWebhooks) notes.delete(notes.keys().next().value!);
      notes.set(key, { isDone, until: Date.now() + ms });
    }
  }

  return {
    begin(keys, leaseMs) {
      const found = keys.map((key) => notes.get(key)).filter((each) =>
        each !== undefined && Date.now() < each.until
      );
      if (found.length > 0) return Promise.resolve(found.some((each) => each!.isDone) ? "done" : "running");
      note(keys, false, leaseMs);
      return Promise.resolve("begun");
    },
    finish(keys, keepMs) {
      note(keys, true, keepMs);
      return Promise.resolve();
    },
    forget(keys) {
      for (const key of keys) notes.delete(key);
      return Promise.resolve();
    },
  };
}
