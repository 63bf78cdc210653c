import { MessageBusError } from "../../errors/infrastructure.ts";
import { filtersOverlap } from "../contract/_subject.ts";
import { layoutOf } from "./_known_layouts.ts";
import { layoutStreamsOf } from "./stream_layout.ts";
import type { MessageBus } from "./message_bus.ts";
import type { StreamInfo } from "./stream.ts";

/**
 * Name of the stream that has a subject, or `undefined`: asked of the broker, and where these credentials may not ask, as the
 * layout says that the bus was given.
 */
export async function streamOf(bus: MessageBus, subject: string): Promise<string | undefined> {
  try {
    return await bus.findStream(subject);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return layoutStreamsOf(layoutOf(bus), [subject])[0];
  }
}

/** The streams that have subjects which one of the filters matches. */
export async function streamsOf(
  bus: MessageBus,
  filters: readonly string[],
): Promise<readonly StreamInfo[]> {
  if (bus.listStreams !== undefined) {
    try {
      return (await bus.listStreams()).filter(({ config: { subjects } }) =>
        subjects.some((subject) => filters.some((filter) => filtersOverlap(subject, filter)))
      );
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  const names = layoutStreamsOf(layoutOf(bus), filters);
  const infos = await Promise.all(names.map((name) => bus.streamInfo(name)));
  return infos.filter((info) => info !== undefined);
}

/** Whether the broker refused something, as for a missing permission. */
export function isRefused(error: unknown): boolean {
  return error instanceof MessageBusError && error.kind === "refused";
}
