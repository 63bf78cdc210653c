import type { LoggerLike } from "../../logging/logger.ts";
import type { Clock } from "../bus/clock.ts";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

interface Outage {
  failures: number;
  until: number;
}

/**
 * The subjects whose stream does not answer. Their rows are left out of claims for a growing time, without counting an
 * attempt, and do not delay rows of other subjects.
 */
export class SubjectOutages {
  readonly #clock: Clock;
  readonly #logger: LoggerLike;
  readonly #bySubject = new Map<string, Outage>();

  constructor(clock: Clock, logger: LoggerLike) {
    this.#clock = clock;
    this.#logger = logger;
  }

  failed(subject: string, error: unknown): void {
    const now = this.#clock.now();
    let outage = this.#bySubject.get(subject);
    if (outage === undefined) {
      this.#logger.warn("The outbox cannot publish, and tries again", { subject, error });
      this.#bySubject.set(subject, outage = { failures: 0, until: 0 });
    }
    if (outage.until > now) return; // others of the same batch
    const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** outage.failures++);
    outage.until = now + ms * (0.75 + Math.random() / 2);
  }

  succeeded(subject: string): void {
    const outage = this.#bySubject.get(subject);
    if (outage === undefined || outage.until > this.#clock.now()) return; // one of many that just got through
    this.#bySubject.delete(subject);
    this.#logger.info("The outbox publishes again", { subject });
  }

  /** Subjects to leave out of the next claim. */
  *subjects(): Generator<string> {
    const now = this.#clock.now();
    for (const [subject, { until }] of this.#bySubject) if (until > now) yield subject;
  }

  /** Number of subjects with an outage that is not known to be over. */
  get size(): number {
    return this.#bySubject.size;
  }

  /** Allows an attempt for every subject at once. */
  retry(): void {
    for (const outage of this.#bySubject.values()) outage.failures = outage.until = 0;
  }
}
