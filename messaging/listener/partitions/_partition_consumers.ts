import type { ConsumerInfo } from "../../bus/consumer.ts";
import type { StoredMessage } from "../../bus/stream.ts";
import type { ObservedConsumer } from "../_held_message.ts";
import { forEachAtOnce, type Partition } from "./_partition.ts";

/** Of how many partitions the oldest message is looked for: those whose acknowledged messages are the oldest. */
const MAX_OLDEST = 16;

/** The durable consumers of all partitions, read as one. */
export class PartitionConsumers implements ObservedConsumer {
  readonly #partitions: readonly Partition[];

  constructor(partitions: readonly Partition[]) {
    this.#partitions = partitions;
  }

  /** Whether all of them are new. */
  get created(): boolean {
    return this.#partitions.every(({ consumer }) => consumer?.created);
  }

  /** Their state together; `undefined` where one of them is gone. */
  async info(): Promise<ConsumerInfo | undefined> {
    await forEachAtOnce(this.#partitions, async (partition) => {
      partition.info = await partition.consumer?.info();
      partition.floor = Math.max(partition.floor, partition.info?.ackFloor ?? 0);
    });
    const infos = this.#partitions.map(({ info }) => info);
    return infos.every((info) => info !== undefined) ? combine(infos) : undefined;
  }

  /** The oldest message that is not acknowledged yet, or `undefined` when there is none. */
  async oldest(): Promise<StoredMessage | undefined> {
    const behind = this.#partitions
      .filter(({ info }) => info !== undefined && info.pending + info.ackPending > 0)
      .sort((one, other) => one.info!.ackFloor - other.info!.ackFloor)
      .slice(0, MAX_OLDEST);
    let oldest: StoredMessage | undefined;
    await forEachAtOnce(behind, async ({ consumer }) => {
      const message = await consumer?.oldest();
      if (message !== undefined && (oldest === undefined || message.sequence < oldest.sequence)) {
        oldest = message;
      }
    });
    return oldest;
  }
}

function combine(infos: readonly ConsumerInfo[]): ConsumerInfo {
  const sum = (value: (info: ConsumerInfo) => number) =>
    infos.reduce((total, info) => total + value(info), 0);
  // What is delivered of a partition that has nothing left says nothing about what the others miss.
  const behind = infos.filter(({ pending }) => pending > 0);
  const reached = (behind.length > 0 ? behind : infos)
    .map(({ delivered, ackFloor }) => Math.max(delivered, ackFloor));
  const delivered = behind.length > 0 ? Math.min(...reached) : Math.max(...reached);
  const knows = infos.every(({ deliveries }) => deliveries !== undefined);
  return {
    ackFloor: Math.min(delivered, ...infos.filter(isBehind).map(({ ackFloor }) => ackFloor)),
    delivered,
    ackPending: sum(({ ackPending }) => ackPending),
    redelivered: sum(({ redelivered }) => redelivered),
    pending: sum(({ pending }) => pending),
    waiting: sum(({ waiting }) => waiting),
    ...knows && { deliveries: sum(({ deliveries }) => deliveries!) },
    ackWaitMs: Math.min(...infos.map(({ ackWaitMs }) => ackWaitMs ?? Infinity)),
  };
}

function isBehind({ pending, ackPending }: ConsumerInfo): boolean {
  return pending + ackPending > 0;
}
