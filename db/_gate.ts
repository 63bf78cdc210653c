/** Who waits at a {@link Gate}. */
export interface Waiter {
  /** When it came, as `performance.now()` says. */
  readonly since: number;
  /** Its turn: it holds a place until it leaves. */
  enter(): void;
  /** It has waited for too long. */
  giveUp(): void;
}

/**
 * As many places as the pool may have connections, given out in the order of asking.
 *
 * The driver would send a query behind another one that runs, on the same connection, and there it waits even when
 * other connections get free. With a place for each, it always finds a connection of its own.
 */
export class Gate {
  #free: number;
  readonly #size: number;
  readonly #waiting = new Set<Waiter>();
  readonly #onLeave: (() => void)[] = [];

  constructor(size: number) {
    this.#size = this.#free = size;
  }

  /** Places that are taken. */
  get inUse(): number {
    return this.#size - this.#free;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place where one is free. */
  tryEnter(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  /** Waits for a place. */
  wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  /** Waits no longer. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Resolves when nobody holds a place or waits for one. */
  async idle(): Promise<void> {
    while (this.inUse > 0 || this.waiting > 0) {
      await new Promise<void>((resolve) => this.#onLeave.push(resolve));
    }
  }

  /** Gives a place back. The next one comes a little later: the driver has to see first that its connection is free. */
  leave(): void {
    this.#free++;
    for (const resolve of this.#onLeave.splice(0)) resolve();
    if (this.#waiting.size > 0) queueMicrotask(() => this.#admit());
  }

  /** Sends away those who came before `time`. */
  expire(time: number): void {
    for (const waiter of this.#waiting) {
      if (waiter.since > time) return;
      this.#waiting.delete(waiter);
      waiter.giveUp();
    }
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.tryEnter()) return;
      this.#waiting.delete(waiter);
      waiter.enter();
    }
  }
}
