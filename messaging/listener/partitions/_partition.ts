import type { BusConsumer, ConsumerInfo } from "../../bus/consumer.ts";
import type { HeldMessage } from "../_held_message.ts";

/** One partition of an event: its durable consumer, and the message of it that this process holds. */
export interface Partition {
  readonly index: number;
  readonly durable: string;
  readonly filterSubject: string;
  consumer: BusConsumer | undefined;
  /** Greatest sequence up to which all is settled, as far as known: a consumer that was deleted is made again from there. */
  floor: number;
  /** Its state, as last seen. */
  info: ConsumerInfo | undefined;
  held: HeldMessage | undefined;
  /** Whether it is in line to be asked for its next message. */
  isInLine: boolean;
}

/** How many requests about partitions are open at a time. */
const AT_ONCE = 64;

/** Calls `work` for each item, at most 64 at a time. Rejects with the first failure. */
export async function forEachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const workers = Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
    while (next < items.length) await work(items[next++]!);
  });
  await Promise.all(workers);
}
