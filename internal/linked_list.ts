/** What can be in a {@link LinkedList}, and in one at a time. */
export interface Linked<T> {
  /** The one that came before it. */
  previous?: T | undefined;
  /** The one that came behind it. */
  next?: T | undefined;
}

/**
 * Things in the order in which they came, of which any can leave at once.
 *
 * A `Set` does that, too, and yet must not hold what comes and goes all the time: V8 replaces its table every few dozen
 * changes, and each table that it has left, and that is old, keeps the next one and whatever was in it until the whole
 * heap is collected. What has left this list is held by nothing in it.
 */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  /** The one that has been in it for longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** How many are in it. */
  get size(): number {
    return this.#size;
  }

  /** Puts it behind all others. */
  add(item: T): void {
    const last = this.#last;
    item.previous = last;
    this.#last = item;
    if (last === undefined) this.#first = item;
    else last.next = item;
    this.#size++;
  }

  /** Takes it out; one that is in no list stays as it is. */
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

  /** Those that are in it now; the array stays as it is when one of them leaves. */
  toArray(): T[] {
    const items: T[] = [];
    for (let item = this.#first; item !== undefined; item = item.next) items.push(item);
    return items;
  }
}
