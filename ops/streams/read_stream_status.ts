import type { StreamConsumer } from "../../messaging/bus/consumer.ts";
import type { MessageBus } from "../../messaging/bus/message_bus.ts";
import type { StreamInfo } from "../../messaging/bus/stream.ts";
import { filtersOverlap } from "../../messaging/contract/_subject.ts";
import { readStreams } from "../page/_read_streams.ts";

/** A durable consumer of a stream. */
export interface DurableStatus {
  readonly name: string;
  readonly filterSubjects: readonly string[];
  /** Messages that it has still to deliver. */
  readonly pending: number;
  /** Messages that are delivered and not settled. */
  readonly unsettled: number;
  /** Whether the stream no longer has its subject, so that nothing new comes. */
  readonly isLeftBehind: boolean;
}

/** A stream, and who reads it. */
export interface StreamStatus {
  readonly info: StreamInfo;
  /** When its oldest message was stored. */
  readonly oldestAt?: Date | undefined;
  readonly durables: readonly DurableStatus[];
}

/** Reads the streams of a fleet, with their durable consumers. */
export async function readStreamStatus(bus: MessageBus): Promise<readonly StreamStatus[]> {
  const streams = await readStreams(bus);
  return await Promise.all(streams.map(async ({ info, consumers = [] }) => {
    const { config: { name }, firstSequence, messages } = info;
    const oldest = messages === 0 ? undefined : await bus.readMessage(name, { from: firstSequence });
    return {
      info,
      oldestAt: oldest && new Date(Number(oldest.timeNanos / 1_000_000n)),
      durables: consumers.filter(({ durable }) => durable).map((consumer) => toDurable(info, consumer)),
    };
  }));
}

function toDurable({ config: { subjects } }: StreamInfo, consumer: StreamConsumer): DurableStatus {
  const { name, filterSubjects, pending, ackPending } = consumer;
  // A copy has no subjects, and a consumer without a filter reads all that the stream has.
  const isLeftBehind = subjects.length > 0 && filterSubjects.length > 0 &&
    !filterSubjects.some((filter) => subjects.some((subject) => filtersOverlap(subject, filter)));
  return { name, filterSubjects, pending, unsettled: ackPending, isLeftBehind };
}
