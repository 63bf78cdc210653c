import type { MessageBus } from "./message_bus.ts";
import type { StreamReport } from "./stream.ts";
import { STREAM_CONFIGS } from "./streams.ts";

/** Options of {@link ensureStreams}. */
export interface EnsureStreamsOptions {
  /**
   * On how many nodes of a cluster the streams are kept: 1, 3 or 5. An existing stream keeps its number, unless `repair`.
   * @default 1
   */
  readonly replicas?: number | undefined;
  /**
   * Whether to update existing streams whose configuration differs.
   * @default false
   */
  readonly repair?: boolean | undefined;
  /**
   * Whether to check the streams again although this bus was checked before, as after a stream was deleted.
   * @default false
   */
  readonly again?: boolean | undefined;
}

/** The report of one of the fleet's streams. */
export interface EnsuredStream extends StreamReport {
  /** Name of the stream. */
  readonly name: string;
}

interface Known {
  readonly options: EnsureStreamsOptions;
  readonly work: Promise<readonly EnsuredStream[]>;
}

const ensured = new WeakMap<MessageBus, Known>();

/**
 * Creates the fleet's streams where they are missing, and adds missing subjects. It runs once per bus: publishers and
 * listeners call it before they start, and get the result of the first call.
 *
 * Call it yourself to set `replicas`, to repair, or to read what differs.
 *
 * @example
 * ```ts
 * import { createMemoryBus, ensureStreams } from "@glam/shared/messaging";
 *
 * await using bus = createMemoryBus();
 * for (const { name, drift } of await ensureStreams(bus, { repair: true })) console.log(name, drift);
 * ```
 *
 * @throws {MessageBusError} when the bus is not available, or refuses.
 * @throws {RangeError} when `replicas` is not 1, 3 or 5.
 */
export function ensureStreams(
  bus: MessageBus,
  options: EnsureStreamsOptions = {},
): Promise<readonly EnsuredStream[]> {
  const { again = false, repair, replicas } = options;
  if (replicas !== undefined && ![1, 3, 5].includes(replicas)) {
    throw new RangeError(`Expected \`replicas\` to be 1, 3 or 5, got ${replicas}`);
  }
  const known = ensured.get(bus);
  if (known !== undefined && !again && repair === undefined && replicas === undefined) return known.work;
  const merged = { replicas: replicas ?? known?.options.replicas, repair: repair ?? false };
  const work = (async () => {
    const reports: EnsuredStream[] = [];
    for (const config of STREAM_CONFIGS) {
      const { outcome, drift } = await bus.ensureStream({ ...config, replicas: merged.replicas }, merged);
      reports.push({ name: config.name, outcome, drift });
    }
    return reports;
  })();
  ensured.set(bus, { options: merged, work });
  work.catch(() => ensured.delete(bus));
  return work;
}
