import type { ClaimedRow, FailedRow, Outcome } from "./_claim.ts";

/** What became of the attempt to publish a row: `left` where the row is not to blame, or was not tried. */
export type Attempt = "left" | "sent" | { readonly failed: Omit<FailedRow, "id"> };

/** Publishes one row; never rejects. */
export type Send = (row: ClaimedRow) => Promise<Attempt>;

/**
 * The rows of one claim that can go, being published all at once, but those of one key one after another: in the order of
 * their numbers, and only for as long as each of them succeeds.
 */
export class Batch {
  /** The rows' numbers, of those with a key: what a claim that is made meanwhile must know of. */
  readonly keyed: readonly string[];
  readonly size: number;
  /** Of each key the first number that was not sent, once all of its rows are settled. */
  readonly #byKey = new Map<string, Promise<number | undefined>>();
  readonly #sent: string[] = [];
  readonly #failed: FailedRow[] = [];
  readonly #done = Promise.withResolvers<Outcome>();
  #open: number;
  #closing = false;
  #over = false;

  /** Starts to publish; `before` is the batch of this relay that may still be at it. */
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

  /** What became of the rows, once that is known of all. */
  get outcome(): Promise<Outcome> {
    return this.#done.promise;
  }

  /** Begins nothing more, and waits for what is under way: a key with many rows must not hold it up. */
  close(): void {
    this.#closing = true;
  }

  /** Waits no more: what is under way is left as it was. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
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
    // Of the batch before there may be later rows as well, which were claimed while this one was in somebody's hands.
    const isBehind = unsent !== undefined && unsent < id;
    if (!isBehind && !this.#closing && !this.#over) return await this.#send(row, send) ? undefined : id;
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
