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

/** Clients that deduct, and retry with the same operation id until it is acknowledged. */
export class Load implements Disposable {
  /** The deduction of each acknowledged operation, by its id. */
  readonly acknowledged: Map<string, Operation> = new Map();
  requests = 0;
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
      if (answer !== 201) throw new Error(`The merchant ${id} was answered with ${answer}`);
    }
  }

  async client(number: number): Promise<void> {
    for (let i = number; !this.#isOver; i++) {
      const merchant = this.#merchants[i % this.#merchants.length]!;
      const amount = 1 + i % 9;
      const operation = crypto.randomUUID();
      const since = performance.now();
      for (;;) {
        const answer = await this.#post(`merchants/${merchant}/credits/deduct`, {
          amount,
          operation_id: operation,
        });
        if (answer === 201) break;
        if (this.#isGivenUp) return;
        if (answer !== undefined && answer < 500) throw new Error(`A deduction was answered with ${answer}`);
        await pause(20 + Math.random() * 60);
      }
      this.acknowledged.set(operation, { merchant, amount });
      this.#durations.push(performance.now() - since);
    }
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

  /** The status, or `undefined` when there was no answer. */
  async #post(path: string, body: unknown): Promise<number | undefined> {
    const { url } = this.#replicas[this.requests++ % this.#replicas.length]!;
    try {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...this.#headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.text();
      return response.status;
    } catch {
      return undefined;
    }
  }
}
