/** An item of a {@link LinkedList}. It can be in one list at a time. */
export interface Linked<T> {
  /** The item before it. */
  previous?: T | undefined;
  /** The item after it. */
  next?: T | undefined;
}

/**
 * A list in insertion order with removal in constant time.
 *
 * A `Set` has the same operations, but leaks for a while when items come and go constantly: V8 replaces its hash table every
 * few dozen changes, and a replaced table that has reached the old generation keeps the next table and its items alive
 * until a full garbage collection. A removed item of this list is referenced by nothing in it.
 */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  /** The oldest item. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Number of items. */
  get size(): number {
    return this.#size;
  }

  /** Appends an item. */
  add(item: T): void {
    const last = this.#last;
    item.previous = last;
    this.#last = item;
    if (last === undefined) this.#first = item;
    else last.next = item;
    this.#size++;
  }

  /** Removes an item; does nothing when it is in no list. */
  delete(item: T): void {
    const { previous, next } = item;
    if (previous === undefined && this.#first !== item) return;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    item.previous = item.next = undefined;
    this.#size--;
  }

  /** A copy of the items, oldest first. */
  toArray(): T[] {
    const items: T[] = [];
    for (let item = this.#first; item !== undefined; item = item.next) items.push(item);
    return items;
  }
}
