import { type Linked, LinkedList } from "../../internal/linked_list.ts";

/** Who waits at a {@link Semaphore}. */
export interface Waiter extends Linked<Waiter> {
  /** When it came, on a clock of its own. */
  readonly since: number;
  /** Its turn: it holds a place until it leaves. */
  enter(): void;
  /** It has waited for too long. */
  giveUp(): void;
}

/**
 * As many places as the pool may have connections, given out in the order of asking.
 *
 * The driver sends a query that finds no free connection behind another one. Where all are quick that is the fastest, as
 * one write carries several; but behind a slow one it waits even when other connections get free. So somebody may
 * come in without a place only for as long as nobody is slow.
 */
export class Semaphore {
  #free: number;
  readonly #size: number;
  readonly #waiting = new LinkedList<Waiter>();
  readonly #onLeave: (() => void)[] = [];

  constructor(size: number) {
    this.#size = this.#free = size;
  }

  /** Places that are taken. */
  get inUse(): number {
    return Math.min(this.#size, this.#size - this.#free);
  }

  /** How many have no place: those who wait for one, and those whom the driver has sent behind others. */
  get waiting(): number {
    return this.#waiting.size + Math.max(0, -this.#free);
  }

  /** Enters where a place is free, or `crowded` allows to go without, and nobody came before. */
  tryEnter(crowded?: () => boolean): boolean {
    if (this.#waiting.size > 0 || this.#free <= 0 && !crowded?.()) return false;
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

  /** Sends away those who came at `time` or before. */
  expire(time: number): void {
    for (let waiter = this.#waiting.first; waiter !== undefined; waiter = this.#waiting.first) {
      if (waiter.since > time) return;
      this.#waiting.delete(waiter);
      waiter.giveUp();
    }
  }

  #admit(): void {
    for (let waiter = this.#waiting.first; waiter !== undefined; waiter = this.#waiting.first) {
      if (this.#free <= 0) return;
      this.#free--;
      this.#waiting.delete(waiter);
      waiter.enter();
    }
  }
}
