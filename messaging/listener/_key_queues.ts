import type { HeldMessage, KeyQueue } from "./_held_message.ts";

/** The queues of messages by key. A queue exists as long as one of its messages is held. */
export class KeyQueues {
  readonly #keyQueues = new Map<unknown, KeyQueue>();

  /** Adds a message to the queue of `key`. Returns whether it is the first one, which may be handled at once. */
  enter(key: unknown, held: HeldMessage): boolean {
    const keyQueue = this.#keyQueues.get(key);
    if (keyQueue === undefined) {
      this.#keyQueues.set(key, held.keyQueue = { key, queue: [] });
      return true;
    }
    held.keyQueue = keyQueue;
    const { queue } = keyQueue;
    // A message that another process returned arrives late, and goes before those that were published after it.
    let place = queue.length;
    while (place > 0 && isLater(queue[place - 1]!, held)) place--;
    queue.splice(place, 0, held);
    return false;
  }

  /** Removes the first message of a queue. Returns the next one, which may be handled now. */
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
