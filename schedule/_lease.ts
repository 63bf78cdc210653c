/** Options of {@link Lease}. */
export interface LeaseOptions {
  /** Renews it in the database; `false` when another process has it. */
  renew(): Promise<boolean>;
  readonly leaseMs: number;
  /** Called once, when another process has it, or may have it because it could not be renewed. */
  onLost(): void;
}

/** Keeps a lease for as long as it is needed: renews it three times in its duration. */
export class Lease {
  readonly #options: LeaseOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewedAt = performance.now();
  #isLost = false;
  #isStopped = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#renewLater();
  }

  /** Whether another process has it, or may have it. */
  get isLost(): boolean {
    if (!this.#isStopped && performance.now() - this.#renewedAt >= this.#options.leaseMs) this.#lose();
    return this.#isLost;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #renewLater(): void {
    this.#timer = setTimeout(() => this.#renew(), this.#options.leaseMs / 3);
  }

  async #renew(): Promise<void> {
    const at = performance.now();
    const answer = await this.#options.renew().catch(() => undefined);
    if (this.#isStopped) return;
    if (answer === true) this.#renewedAt = at;
    if (answer === false) this.#lose();
    else if (!this.isLost) this.#renewLater();
  }

  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    clearTimeout(this.#timer);
    this.#options.onLost();
  }
}
