import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE_MS, waitFor } from "../wait_for.ts";
import { creditsOperator, customer, type DrillFleet } from "./fleet.ts";

/** What each merchant has to begin with. */
export const CREDITS = 500_000;

/** Milliseconds from the first request of an order to its acknowledgement: median, 99th percentile and maximum. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a client was told of an order. */
export interface AcknowledgedOrder {
  /** Its id; absent where it was cancelled before it was placed. */
  readonly id: string | undefined;
  readonly merchant: string;
  readonly credits: number;
  /** `paid`, or that it has to be cancelled: because nobody paid it, or the payment came too late. */
  readonly outcome: "cancelled" | "paid";
}

interface Answer {
  readonly status: number;
  readonly data?: { readonly id: string; readonly status: string } | undefined;
  readonly code?: string | undefined;
  readonly isReplayed: boolean;
}

/** One in so many orders is asked for twice at once, once more when it is acknowledged, left unpaid, and too much. */
const TWICE_AT_ONCE = 4;
const ONCE_MORE = 3;
const UNPAID = 5;
const TOO_MUCH = 20;

/** Clients that order and pay, and ask again with the same key until they are answered. */
export class Load implements Disposable {
  /** The acknowledged orders, by the keys of their requests. */
  readonly acknowledged: Map<string, AcknowledgedOrder> = new Map();
  requests = 0;
  /** Answers that were those to an earlier request with the key. */
  replays = 0;
  /** Orders that the credits did not suffice for. */
  refused = 0;
  #isOver = false;
  #isGivenUp = false;
  readonly #durations: number[] = [];
  readonly #fleet: DrillFleet;
  readonly #merchants: readonly string[];
  readonly #headers = new Map<string, Readonly<Record<string, string>>>();

  constructor(fleet: DrillFleet, merchants: readonly string[]) {
    this.#fleet = fleet;
    this.#merchants = merchants;
  }

  async createMerchants(): Promise<void> {
    const { headers } = await creditsOperator();
    for (const id of this.#merchants) {
      const merchant = { id, domain: `${id}.example.com`, credits: CREDITS };
      const answer = await this.#post(`${this.#fleet.credits[0]!.url}/api/v1/merchants`, merchant, headers);
      if (answer?.status !== 201) throw new Error(`The merchant ${id} was answered with ${answer?.status}`);
      this.#headers.set(id, (await customer(id)).headers);
    }
  }

  async client(number: number): Promise<void> {
    for (let i = number; !this.#isOver; i++) {
      const merchant = this.#merchants[i % this.#merchants.length]!;
      const key = crypto.randomUUID();
      if (i % TOO_MUCH === 0) await this.#orderTooMuch(merchant, key);
      const credits = 1 + i % 9;
      const since = performance.now();
      const placed = await this.#until("orders", { credits }, merchant, key, i % TWICE_AT_ONCE === 0);
      if (placed === undefined) return;
      this.#durations.push(performance.now() - since);
      const id = placed.data?.id;
      let outcome: "cancelled" | "paid" = "cancelled";
      if (id !== undefined && placed.data?.status !== "cancelled" && i % UNPAID !== 0) {
        const paid = await this.#until(`orders/${id}/pay`, undefined, merchant, `pay-${key}`, false);
        if (paid === undefined) return;
        if (paid.status === 200) outcome = "paid";
      }
      this.acknowledged.set(key, { id, merchant, credits, outcome });
      if (i % ONCE_MORE === 0) one(key, [placed, await this.#ask("orders", { credits }, merchant, key)]);
    }
  }

  /** Asks until there is an answer that counts: the same for all requests with the key. */
  async #until(
    path: string,
    body: unknown,
    merchant: string,
    key: string,
    isTwice: boolean,
  ): Promise<Answer | undefined> {
    const ask = () => this.#ask(path, body, merchant, key);
    for (;;) {
      const answer = one(key, await Promise.all(isTwice ? [ask(), ask()] : [ask()]));
      if (answer !== undefined) return answer;
      if (this.#isGivenUp) return undefined;
      await pause(20 + Math.random() * 60);
    }
  }

  async #orderTooMuch(merchant: string, key: string): Promise<void> {
    const answer = await this.#until("orders", { credits: CREDITS + 1 }, merchant, `too-much-${key}`, false);
    if (answer === undefined) return;
    if (answer.code !== "INSUFFICIENT_CREDIT") throw new Error(`Too much was answered with ${answer.code}`);
    this.refused++;
  }

  /** The answer to one request; `undefined` where it is to be asked again. */
  async #ask(path: string, body: unknown, merchant: string, key: string): Promise<Answer | undefined> {
    const { orders } = this.#fleet;
    const { url } = orders[this.requests++ % orders.length]!;
    const headers = { "Idempotency-Key": key, ...this.#headers.get(merchant) };
    const answer = await this.#post(`${url}/api/v1/${path}`, body, headers);
    if (answer === undefined || answer.status >= 500 || answer.code === "IDEMPOTENCY_IN_PROGRESS") {
      return undefined;
    }
    if (answer.status >= 300 && answer.code !== "CONFLICT" && answer.code !== "INSUFFICIENT_CREDIT") {
      throw new Error(`${path} was answered with ${answer.status} ${answer.code}`);
    }
    if (answer.isReplayed) this.replays++;
    return answer;
  }

  /** Ends the clients when their current orders are acknowledged. */
  stop(): void {
    this.#isOver = true;
  }

  /** Ends the clients without waiting for their current orders, which may never be acknowledged. */
  [Symbol.dispose](): void {
    this.#isOver = this.#isGivenUp = true;
  }

  /** Waits until so many more orders are acknowledged. */
  async progress(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    await waitFor(
      () => this.acknowledged.size >= goal,
      () => `${goal - this.acknowledged.size} more orders are acknowledged`,
    );
  }

  latencies(): Latencies {
    const sorted = this.#durations.toSorted((a, b) => a - b);
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  /** The answer, or `undefined` when there was none. */
  async #post(
    url: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer | undefined> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        ...body !== undefined && { body: JSON.stringify(body) },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const { data, error } = await response.json();
      const isReplayed = response.headers.has("idempotent-replayed");
      return { status: response.status, data, code: error?.code, isReplayed };
    } catch {
      return undefined;
    }
  }
}

/** The answer to requests with one key, of those that have one. */
function one(key: string, answers: readonly (Answer | undefined)[]): Answer | undefined {
  const given = answers.filter((answer) => answer !== undefined);
  const ids = new Set(given.map(({ data }) => data?.id));
  if (ids.size > 1) throw new Error(`The key ${key} has the orders ${[...ids].join(" and ")}`);
  return given[0];
}
