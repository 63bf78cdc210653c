import type { MessageBus } from "../bus/message_bus.ts";
import { streamOf } from "../bus/stream_of.ts";
import {
  KEY_HEADER,
  MAX_PARTITIONS,
  MIN_PARTITIONS,
  parseKey,
  partitionOfKey,
  partitionSubject,
  splitPartition,
} from "../contract/_partition.ts";
import type { DeadLetter } from "./dead_letters.ts";

/** The name of a durable consumer of a partition: that of its listener, and the number. */
const DURABLE = /^(.+)_p\d+$/;

/**
 * Finds the partition that the key of a dead letter has now: the number of partitions may have grown since the event was
 * published. The durable consumers of the subject tell the number; where they cannot be read, the partition stays.
 */
export class PartitionNow {
  readonly #bus: MessageBus;
  /** The number of partitions that the durables of each listener have, by subject. */
  readonly #counts = new Map<string, Promise<ReadonlyMap<string, number>>>();

  constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  /** The subject to publish a dead letter to. */
  async subjectOf({ subject, headers, consumer }: DeadLetter): Promise<string> {
    const origin = splitPartition(subject);
    const key = parseKey(headers.get(KEY_HEADER));
    if (origin === undefined || key === undefined) return subject;
    let counts = this.#counts.get(origin.subject);
    if (counts === undefined) {
      counts = this.#count(origin.subject, subject).catch(() => new Map());
      this.#counts.set(origin.subject, counts);
    }
    const found = await counts;
    const own = found.get(DURABLE.exec(consumer ?? "")?.[1] ?? "");
    const partitions = own ?? Math.max(0, ...found.values());
    if (partitions < MIN_PARTITIONS || partitions > MAX_PARTITIONS) return subject;
    return partitionSubject(origin.subject, partitionOfKey(key, partitions));
  }

  async #count(base: string, subject: string): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const stream = await streamOf(this.#bus, subject);
    if (stream === undefined || this.#bus.listConsumers === undefined) return counts;
    for (const { name, filterSubjects } of await this.#bus.listConsumers(stream)) {
      const [filter = "", ...others] = filterSubjects;
      const split = splitPartition(filter);
      const listener = DURABLE.exec(name)?.[1];
      if (split?.subject !== base || others.length > 0 || listener === undefined) continue;
      counts.set(listener, Math.max(counts.get(listener) ?? 0, split.partition + 1));
    }
    return counts;
  }
}
