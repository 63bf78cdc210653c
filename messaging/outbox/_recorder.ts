import { withDeadline } from "../../internal/clock.ts";
import type { Counts } from "./_store.ts";

/** How long a scrape waits for the database. */
const COUNTS_MS = 1000;
/** For how long counts are cached, so that the metrics of one scrape share them. */
const FRESH_MS = 250;

/** The numbers of one relay, in plain maps; labels are added at the scrape. */
export class OutboxRecorder {
  readonly service: string;
  readonly table: string;
  /** Events sent, by subject. */
  readonly sentBySubject: Map<string, number> = new Map();
  /** Failed attempts, by subject and kind. */
  readonly failures: Map<string, Map<string, number>> = new Map();
  readonly #count: () => Promise<Counts>;
  #cached: { readonly at: number; readonly counts: Promise<Counts | undefined> } | undefined;

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

  /** Counts of the table; `undefined` when the database does not answer in time. */
  counts(): Promise<Counts | undefined> {
    const now = performance.now();
    if (this.#cached === undefined || now - this.#cached.at > FRESH_MS) {
      const counts = withDeadline(this.#count(), COUNTS_MS, "No answer").catch(() => undefined);
      this.#cached = { at: now, counts };
    }
    return this.#cached.counts;
  }
}
