import type { HeldMessage, KeyQueue } from "./_held_message.ts";

/** Lanes by key. A lane is there as long as one of its messages is held. */
export class KeyQueues {
  readonly #keyQueues = new Map<unknown, KeyQueue>();

  /** Puts a message in the lane of `key`; whether it is the first there, and may go on. */
  enter(key: unknown, held: HeldMessage): boolean {
    const keyQueue = this.#keyQueues.get(key);
    if (keyQueue === undefined) {
      this.#keyQueues.set(key, held.keyQueue = { key, queue: [] });
      return true;
    }
    held.keyQueue = keyQueue;
    const { queue } = keyQueue;
    // One that was given back by another process comes late, and goes before those that were published after it.
    let place = queue.length;
    while (place > 0 && isLater(queue[place - 1]!, held)) place--;
    queue.splice(place, 0, held);
    return false;
  }

  /** Takes the message at work out of its lane; the one that may go on now. */
  leave(held: HeldMessage): HeldMessage | undefined {
    const { keyQueue } = held;
    if (keyQueue === undefined) return undefined;
    held.keyQueue = undefined;
    const next = keyQueue.queue.shift();
    if (next === undefined) this.#keyQueues.delete(keyQueue.key);
    return next;
  }
}

function isLater(one: HeldMessage, other: HeldMessage): boolean {
  return one.source === other.source && one.sequence > other.sequence;
}
