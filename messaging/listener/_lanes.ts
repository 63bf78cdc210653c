import type { Held, Lane } from "./_held.ts";

/** Lanes by key. A lane is there as long as one of its messages is held. */
export class Lanes {
  readonly #lanes = new Map<unknown, Lane>();

  /** Puts a message in the lane of `key`; whether it is the first there, and may go on. */
  enter(key: unknown, held: Held): boolean {
    const lane = this.#lanes.get(key);
    if (lane === undefined) {
      this.#lanes.set(key, held.lane = { key, queue: [] });
      return true;
    }
    held.lane = lane;
    const { queue } = lane;
    // One that was given back by another process comes late, and goes before those that were published after it.
    let place = queue.length;
    while (place > 0 && isLater(queue[place - 1]!, held)) place--;
    queue.splice(place, 0, held);
    return false;
  }

  /** Takes the message at work out of its lane; the one that may go on now. */
  leave(held: Held): Held | undefined {
    const { lane } = held;
    if (lane === undefined) return undefined;
    held.lane = undefined;
    const next = lane.queue.shift();
    if (next === undefined) this.#lanes.delete(lane.key);
    return next;
  }
}

function isLater(one: Held, other: Held): boolean {
  return one.source === other.source && one.sequence > other.sequence;
}
