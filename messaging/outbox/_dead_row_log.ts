import type { LoggerLike } from "../../logging/logger.ts";
import type { ClaimedRow } from "./_claim.ts";

const MAX_IDS = 10;

interface Entry {
  readonly error: string;
  readonly ids: string[];
  count: number;
}

/** Logs the rows of a batch that became dead: one line per subject and error. */
export class DeadRowLog {
  readonly #logger: LoggerLike;
  readonly #entries = new Map<string, Map<string, Entry>>();

  constructor(logger: LoggerLike) {
    this.#logger = logger;
  }

  add({ subject, message_id }: ClaimedRow, error: string): void {
    let entries = this.#entries.get(subject);
    if (entries === undefined) this.#entries.set(subject, entries = new Map());
    let entry = entries.get(error);
    if (entry === undefined) entries.set(error, entry = { error, ids: [], count: 0 });
    if (entry.count++ < MAX_IDS) entry.ids.push(message_id);
  }

  write(): void {
    for (const [subject, entries] of this.#entries) {
      for (const { error, ids, count } of entries.values()) {
        this.#logger.error("Events of the outbox are dead", {
          subject,
          count,
          message_ids: ids,
          reason: error,
        });
      }
    }
  }
}
