import type { Database } from "../../db/database.ts";
import type { Row, RowList } from "../../db/sql.ts";
import { assertWhole } from "../../internal/assert_number.ts";
import { withTableHint } from "./_missing_table.ts";
import type { OutboxSettings } from "./_settings.ts";
import type { Statements } from "./_statements.ts";
import type { DeadEvent, DeadEventFilter, DeadEventsOptions, OutboxStatus } from "./outbox.ts";

/** Rows that one statement of {@link Store.cleanUp} deletes. */
const CLEAN_UP_ROWS = 2000;

/** Counts of pending, delayed and dead rows. */
export type Counts = Omit<OutboxStatus, "sent">;

interface DeadRow {
  readonly event_id: string;
  readonly subject: string;
  readonly key: string | null;
  readonly attempts: number;
  readonly last_error: string;
  readonly created_at: Date;
}

/** Reads and maintains the table of an outbox as a whole. */
export class Store {
  readonly #db: Database;
  readonly #settings: OutboxSettings;
  readonly #statements: Statements;

  constructor(db: Database, settings: OutboxSettings, statements: Statements) {
    this.#db = db;
    this.#settings = settings;
    this.#statements = statements;
  }

  async counts(): Promise<Counts> {
    const rows = await this.#run<Counts & { readonly age: number | null }>(this.#statements.counts);
    const { age, ...counts } = rows[0]!;
    return age === null ? { ...counts } : { ...counts, oldest_age_seconds: Math.max(0, age) };
  }

  async status(): Promise<OutboxStatus> {
    const [{ oldest_age_seconds, ...counts }, [row]] = await Promise.all([
      this.counts(),
      this.#run<{ readonly sent: number }>(this.#statements.countSent),
    ]);
    return { ...counts, sent: row!.sent, ...oldest_age_seconds !== undefined && { oldest_age_seconds } };
  }

  async dead(options: DeadEventsOptions): Promise<DeadEvent[]> {
    const { limit = 100 } = options;
    assertWhole("limit", limit, 1, 10_000);
    const rows = await this.#run<DeadRow>(this.#statements.dead, ...toParameters(options), limit);
    return rows.map(({ event_id, subject, key, attempts, last_error, created_at }) => ({
      eventId: event_id,
      subject,
      key: key ?? undefined,
      attempts,
      error: last_error,
      createdAt: created_at,
    }));
  }

  async retry(filter: DeadEventFilter): Promise<number> {
    return (await this.#run(this.#statements.retry, ...toParameters(filter))).count;
  }

  async cleanUp(): Promise<number> {
    for (let deleted = 0;;) {
      const { count } = await this.#run(this.#statements.cleanUp, this.#settings.retentionMs, CLEAN_UP_ROWS);
      deleted += count;
      if (count < CLEAN_UP_ROWS) return deleted;
    }
  }

  async #run<T extends object = Row>(
    statement: TemplateStringsArray,
    ...parameters: readonly unknown[]
  ): Promise<RowList<T>> {
    try {
      return await this.#db.sql<T>(statement, ...parameters);
    } catch (error) {
      throw withTableHint(error, this.#statements.table);
    }
  }
}

/** Each parameter twice: once for its `is null` check. */
function toParameters({ eventId, subject, key }: DeadEventFilter): (string | null)[] {
  return [eventId, subject, key].flatMap((value) => [value ?? null, value ?? null]);
}
