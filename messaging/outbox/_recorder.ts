import { withDeadline } from "../../internal/clock.ts";
import type { Counts } from "./_store.ts";

/** How long a scrape waits for the database, and for how long what it said is good for the next metric. */
const COUNTS_MS = 1000;
const FRESH_MS = 250;

/** The numbers of one relay, in plain maps: nothing but a scrape needs labelled metrics. */
export class OutboxRecorder {
  readonly service: string;
  readonly table: string;
  /** Events sent, by subject. */
  readonly sentBySubject: Map<string, number> = new Map();
  /** Attempts that failed, by subject and kind. */
  readonly failures: Map<string, Map<string, number>> = new Map();
  readonly #count: () => Promise<Counts>;
  #asked: { readonly at: number; readonly counts: Promise<Counts | undefined> } | undefined;

  constructor(service: string, table: string, count: () => Promise<Counts>) {
    this.service = service;
    this.table = table;
    this.#count = count;
  }

  sent(subject: string): void {
    this.sentBySubject.set(subject, (this.sentBySubject.get(subject) ?? 0) + 1);
  }

  failed(subject: string, kind: string): void {
    let kinds = this.failures.get(subject);
    if (kinds === undefined) this.failures.set(subject, kinds = new Map());
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }

  /** What the table holds; `undefined` when the database does not say so in time. */
  counts(): Promise<Counts | undefined> {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#asked.at > FRESH_MS) {
      const counts = withDeadline(this.#count(), COUNTS_MS, "No answer").catch(() => undefined);
      this.#asked = { at: now, counts };
    }
    return this.#asked.counts;
  }
}
