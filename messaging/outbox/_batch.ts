import type { ClaimedRow, FailedRow, Outcome } from "./_claim.ts";

/** Outcome of an attempt to publish a row: `left` when the row was not tried, or its failure says nothing about the row. */
export type Attempt = "left" | "sent" | { readonly failed: Omit<FailedRow, "id"> };

/** Publishes one row; never rejects. */
export type Send = (row: ClaimedRow) => Promise<Attempt>;

/**
 * Publishes the rows of one claim concurrently. Rows of the same key are published one after another, in the order of their
 * ids, until one fails.
 */
export class Batch {
  /** Ids of the rows with a key, for the next claim. */
  readonly keyed: readonly string[];
  readonly size: number;
  /** For each key, resolves with the id of its first row that was not sent, once all of its rows are settled. */
  readonly #byKey = new Map<string, Promise<number | undefined>>();
  readonly #sent: string[] = [];
  readonly #failed: FailedRow[] = [];
  readonly #done = Promise.withResolvers<Outcome>();
  #open: number;
  #closing = false;
  #ended = false;

  /** Starts to publish; `before` is the previous batch of this relay, which may still be running. */
  constructor(rows: readonly ClaimedRow[], send: Send, before: Batch | undefined) {
    this.keyed = rows.filter(({ key }) => key !== null).map(({ id }) => id);
    this.size = this.#open = rows.length;
    if (rows.length === 0) this.abandon();
    for (const row of rows) {
      const { key } = row;
      if (key === null) void this.#send(row, send);
      else {this.#byKey.set(
          key,
          this.#sendInOrder(this.#byKey.get(key), before && before.#byKey.get(key), row, send),
        );}
    }
  }

  /** The outcome of the rows, once all are settled. */
  get outcome(): Promise<Outcome> {
    return this.#done.promise;
  }

  /** Starts no more rows, and lets those in flight finish. */
  close(): void {
    this.#closing = true;
  }

  /** Ends at once: rows in flight keep their state. */
  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done.resolve({ sent: this.#sent.slice(), failed: this.#failed.slice() });
  }

  async #sendInOrder(
    own: Promise<number | undefined> | undefined,
    before: Promise<number | undefined> | undefined,
    row: ClaimedRow,
    send: Send,
  ): Promise<number | undefined> {
    const id = Number(row.id);
    const unsent = await (own ?? before);
    // The previous batch may also hold later rows of the key, claimed while another relay had this one.
    const isBehind = unsent !== undefined && unsent < id;
    if (!isBehind && !this.#closing && !this.#ended) return await this.#send(row, send) ? undefined : id;
    this.#settle(row, "left");
    return own === undefined ? id : unsent ?? id;
  }

  async #send(row: ClaimedRow, send: Send): Promise<boolean> {
    const attempt = await send(row);
    this.#settle(row, attempt);
    return attempt === "sent";
  }

  #settle({ id }: ClaimedRow, attempt: Attempt): void {
    if (attempt === "sent") this.#sent.push(id);
    else if (attempt !== "left") this.#failed.push({ id, ...attempt.failed });
    if (--this.#open === 0) this.abandon();
  }
}
