import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE_MS, waitFor } from "../wait_for.ts";
import type { Replica } from "./replica.ts";

const CREDITS = 1_000_000;

/** Milliseconds from the first request of an operation to its acknowledgement: median, 99th percentile and maximum. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The deduction of an acknowledged operation. */
export interface Operation {
  readonly merchant: string;
  readonly amount: number;
}

/** An answer to a request: `operation` is what was deducted. */
interface Answer {
  readonly status: number;
  readonly operation?: string | undefined;
  readonly isReplayed: boolean;
}

/** How many operations are asked for twice at once, and how many once more when they are acknowledged: one in this many. */
const TWICE_AT_ONCE = 4;
const ONCE_MORE = 3;

/** Clients that deduct, and retry with the same key until it is acknowledged; some ask twice at once, or once more. */
export class Load implements Disposable {
  /** The deduction of each acknowledged operation, by its id. */
  readonly acknowledged: Map<string, Operation> = new Map();
  requests = 0;
  /** Answers that were those to an earlier request with the key. */
  replays = 0;
  #isOver = false;
  #isGivenUp = false;
  readonly #durations: number[] = [];
  readonly #replicas: readonly Replica[];
  readonly #merchants: readonly string[];

  /** Credential of the clients. */
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    replicas: readonly Replica[],
    merchants: readonly string[],
    headers: Readonly<Record<string, string>>,
  ) {
    this.#headers = headers;
    this.#replicas = replicas;
    this.#merchants = merchants;
  }

  async createMerchants(): Promise<void> {
    for (const id of this.#merchants) {
      const answer = await this.#post("merchants", { id, domain: `${id}.example.com`, credits: CREDITS });
      if (answer?.status !== 201) throw new Error(`The merchant ${id} was answered with ${answer?.status}`);
    }
  }

  async client(number: number): Promise<void> {
    for (let i = number; !this.#isOver; i++) {
      const merchant = this.#merchants[i % this.#merchants.length]!;
      const amount = 1 + i % 9;
      const key = crypto.randomUUID();
      const ask = () => this.#deduct(merchant, amount, key);
      const since = performance.now();
      let operation: string | undefined;
      while (operation === undefined) {
        const answers = await Promise.all(i % TWICE_AT_ONCE === 0 ? [ask(), ask()] : [ask()]);
        operation = one(key, answers);
        if (this.#isGivenUp) return;
        if (operation === undefined) await pause(20 + Math.random() * 60);
      }
      this.acknowledged.set(operation, { merchant, amount });
      this.#durations.push(performance.now() - since);
      if (i % ONCE_MORE === 0) one(key, [operation, await ask()]);
    }
  }

  /** The operation of a request with a key; `undefined` where the answer was another one. */
  async #deduct(merchant: string, amount: number, key: string): Promise<string | undefined> {
    // Without an operation id of the client's, a second deduction would be another operation.
    const headers = { "Idempotency-Key": key };
    const answer = await this.#post(`merchants/${merchant}/credits/deduct`, { amount }, headers);
    if (answer === undefined || answer.status >= 500 || answer.status === 409) return undefined;
    if (answer.status !== 201) throw new Error(`A deduction was answered with ${answer.status}`);
    if (answer.isReplayed) this.replays++;
    return answer.operation!;
  }

  /** Ends the clients when their current operations are acknowledged. */
  stop(): void {
    this.#isOver = true;
  }

  /** Ends the clients without waiting for their current operations, which may never be acknowledged. */
  [Symbol.dispose](): void {
    this.#isOver = this.#isGivenUp = true;
  }

  /** Waits until so many more operations are acknowledged. */
  async progress(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    await waitFor(
      () => this.acknowledged.size >= goal,
      () => `${goal - this.acknowledged.size} more operations are acknowledged`,
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
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer | undefined> {
    const { url } = this.#replicas[this.requests++ % this.#replicas.length]!;
    try {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...this.#headers, ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const { data } = await response.json();
      return {
        status: response.status,
        operation: data?.operation_id,
        isReplayed: response.headers.has("idempotent-replayed"),
      };
    } catch {
      return undefined;
    }
  }
}

/** The operation of those answers to requests with one key that have one. */
function one(key: string, answers: readonly (string | undefined)[]): string | undefined {
  const operations = new Set(answers.filter((operation) => operation !== undefined));
  if (operations.size > 1) throw new Error(`The key ${key} has ${operations.size} operations`);
  return operations.values().next().value;
}
