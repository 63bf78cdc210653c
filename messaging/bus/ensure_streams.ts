import type { MessageBus } from "./message_bus.ts";
import type { StreamReport } from "./stream.ts";
import { assertStreamLimits, fleetStreamConfigs, type FleetStreamLimits } from "./stream_limits.ts";

/** Options of {@link ensureStreams}. */
export interface EnsureStreamsOptions {
  /**
   * On how many nodes of a cluster both streams are kept: 1, 3 or 5. An existing stream keeps its number, unless `repair`.
   * @default that of `streams`, else 1
   */
  readonly replicas?: number | undefined;
  /**
   * Limits of the two streams.
   * @default those that the bus was created with
   */
  readonly streams?: FleetStreamLimits | undefined;
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
 * Call it yourself to repair, or to read what differs.
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
 * @throws {TypeError} when `streams` has an unknown key.
 * @throws {RangeError} when `replicas` is not 1, 3 or 5, or a limit is out of range.
 */
export function ensureStreams(
  bus: MessageBus,
  options: EnsureStreamsOptions = {},
): Promise<readonly EnsuredStream[]> {
  const { again = false, repair, replicas, streams } = options;
  if (replicas !== undefined && ![1, 3, 5].includes(replicas)) {
    throw new RangeError(`Expected \`replicas\` to be 1, 3 or 5, got ${replicas}`);
  }
  if (streams !== undefined) assertStreamLimits(streams);
  const known = ensured.get(bus);
  const isGiven = repair !== undefined || replicas !== undefined || streams !== undefined;
  if (known !== undefined && !again && !isGiven) return known.work;
  const merged = {
    replicas: replicas ?? known?.options.replicas,
    streams: streams ?? known?.options.streams ?? bus.streams,
    repair: repair ?? false,
  };
  const work = (async () => {
    const reports: EnsuredStream[] = [];
    for (const config of fleetStreamConfigs(merged.streams)) {
      const wanted = merged.replicas === undefined ? config : { ...config, replicas: merged.replicas };
      const { outcome, drift } = await bus.ensureStream(wanted, { repair: merged.repair });
      reports.push({ name: config.name, outcome, drift });
    }
    return reports;
  })();
  ensured.set(bus, { options: merged, work });
  work.catch(() => ensured.delete(bus));
  return work;
}
