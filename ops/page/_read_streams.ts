import type { StreamConsumer } from "../../messaging/bus/consumer.ts";
import type { MessageBus } from "../../messaging/bus/message_bus.ts";
import type { StreamInfo } from "../../messaging/bus/stream.ts";
import { isRefused, streamsOf } from "../../messaging/bus/stream_of.ts";

/** A stream, with how full it is and who reads it. */
export interface StreamState {
  readonly info: StreamInfo;
  /** Share of the limit that is nearest, from 0 to 1; 0 without limits, or where old messages make room. */
  readonly share: number;
  /** `undefined` where the bus cannot list them, or these credentials may not. */
  readonly consumers: readonly StreamConsumer[] | undefined;
}

/** All streams that the bus can list, else those of the fleet. */
export async function readStreams(bus: MessageBus): Promise<readonly StreamState[]> {
  const infos = await bus.listStreams?.().catch(undefinedIfRefused) ?? await streamsOf(bus, [">"]);
  return await Promise.all(infos.map(async (info) => ({
    info,
    share: info.config.discard === "new" ? shareOf(info) : 0,
    consumers: (await bus.listConsumers?.(info.config.name).catch(undefinedIfRefused))?.toSorted(byName),
  })));
}

/** Partition 2 comes before partition 10. */
function byName(one: StreamConsumer, other: StreamConsumer): number {
  return one.name.localeCompare(other.name, "en", { numeric: true });
}

/** Whether it has as many messages in hand as it may: until one is settled, nobody needs to ask. */
export function isAtLimit({ ackPending, maxAckPending = Infinity }: StreamConsumer): boolean {
  return ackPending >= maxAckPending;
}

/** What these credentials may not ask. */
function undefinedIfRefused(error: unknown): undefined {
  if (!isRefused(error)) throw error;
}

/** Share of the limit that is nearest, from 0. */
export function shareOf({ config: { maxMessages, maxBytes }, messages, bytes }: StreamInfo): number {
  return Math.max(
    maxMessages === undefined ? 0 : messages / maxMessages,
    maxBytes === undefined ? 0 : bytes / maxBytes,
  );
}
