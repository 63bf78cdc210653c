import { MessageBusError } from "../../errors/infrastructure.ts";
import { filtersOverlap } from "../contract/_subject.ts";
import { busError } from "./_bus_error.ts";
import { ensureStreams } from "./ensure_streams.ts";
import type { MessageBus } from "./message_bus.ts";
import type { StreamInfo } from "./stream.ts";
import { fleetStreamConfigs } from "./stream_limits.ts";

/**
 * Name of the stream that has a subject, or `undefined`: asked of the broker, and where these credentials may not ask, as the
 * layout says that the bus was created with.
 */
export async function streamOf(bus: MessageBus, subject: string): Promise<string | undefined> {
  try {
    return await bus.findStream(subject);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return configuredStreamsOf(bus, [subject])[0];
  }
}

/**
 * Name of the stream that has a subject; where none has it, the streams are ensured again first.
 *
 * @throws {MessageBusError} with kind `no_stream` when there is none even then.
 */
export async function ensureStreamOf(bus: MessageBus, subject: string): Promise<string> {
  const found = await streamOf(bus, subject);
  if (found !== undefined) return found;
  await ensureStreams(bus, { again: true });
  const stream = await streamOf(bus, subject) ?? await copyOf(bus, subject);
  if (stream !== undefined) return stream;
  throw busError("no_stream", `Cannot find a stream of "${subject}": none covers it`, {
    operation: "find_stream",
    subject,
  });
}

/** The streams that have subjects which one of the filters matches, sorted by name. */
export async function streamsOf(
  bus: MessageBus,
  filters: readonly string[],
): Promise<readonly StreamInfo[]> {
  if (bus.listStreams !== undefined) {
    try {
      return (await bus.listStreams()).filter(({ config }) => overlap(config.subjects, filters));
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  const names = configuredStreamsOf(bus, filters);
  const infos = await Promise.all(names.map((name) => bus.streamInfo(name)));
  return infos.filter((info) => info !== undefined);
}

/** A stream of the layout that copies another account's: it has no subjects, so that no subject leads to it. */
async function copyOf(bus: MessageBus, subject: string): Promise<string | undefined> {
  const [name] = configuredStreamsOf(bus, [subject]);
  if (name === undefined) return undefined;
  return (await bus.streamInfo(name))?.config.subjects.length === 0 ? name : undefined;
}

function configuredStreamsOf(bus: MessageBus, filters: readonly string[]): string[] {
  return fleetStreamConfigs(bus.streams).filter(({ subjects }) => overlap(subjects, filters))
    .map(({ name }) => name);
}

function overlap(subjects: readonly string[], filters: readonly string[]): boolean {
  return subjects.some((subject) => filters.some((filter) => filtersOverlap(subject, filter)));
}

function isRefused(error: unknown): boolean {
  return error instanceof MessageBusError && error.kind === "refused";
}
