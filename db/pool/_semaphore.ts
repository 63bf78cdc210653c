import { type Linked, LinkedList } from "../../internal/linked_list.ts";

/** A waiter in the queue of a {@link Semaphore}. */
export interface Waiter extends Linked<Waiter> {
  /** When it began to wait, in ticks of the pool. */
  readonly since: number;
  /** Called with a permit, which is held until {@link Semaphore.leave}. */
  enter(): void;
  /** Called when it has waited too long. */
  giveUp(): void;
}

/**
 * A fair semaphore with one permit for each connection of the pool.
 *
 * When no connection is free, the driver pipelines a query behind another one. That is fastest while all queries are
 * quick, because one write carries several. Behind a slow query it would wait even when other connections become free.
 * So queries may exceed the permits only while all running queries are quick.
 */
export class Semaphore {
  #free: number;
  readonly #size: number;
  readonly #waiting = new LinkedList<Waiter>();
  readonly #onLeave: (() => void)[] = [];

  constructor(size: number) {
    this.#size = this.#free = size;
  }

  /** Permits that are taken. */
  get inUse(): number {
    return Math.min(this.#size, this.#size - this.#free);
  }

  /** Queries without a permit: those that wait, and those that were pipelined behind others. */
  get waiting(): number {
    return this.#waiting.size + Math.max(0, -this.#free);
  }

  /** Takes a permit if one is free, or exceeds them if `crowded` allows it, unless others are waiting. */
  tryEnter(crowded?: () => boolean): boolean {
    if (this.#waiting.size > 0 || this.#free <= 0 && !crowded?.()) return false;
    this.#free--;
    return true;
  }

  /** Adds a waiter to the queue. */
  wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  /** Removes a waiter from the queue. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Resolves when no permit is taken and nothing waits. */
  async idle(): Promise<void> {
    while (this.inUse > 0 || this.waiting > 0) {
      await new Promise<void>((resolve) => this.#onLeave.push(resolve));
    }
  }

  /** Returns a permit. The next waiter enters in a microtask, after the driver has released its connection. */
  leave(): void {
    this.#free++;
    for (const resolve of this.#onLeave.splice(0)) resolve();
    if (this.#waiting.size > 0) queueMicrotask(() => this.#admit());
  }

  /** Removes the waiters that began to wait at `time` or before. */
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
