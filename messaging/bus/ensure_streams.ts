import type { MessageBus } from "./message_bus.ts";
import type { StreamReport } from "./stream.ts";
import { STREAM_CONFIGS } from "./streams.ts";

/** Options of {@link ensureStreams}. */
export interface EnsureStreamsOptions {
  /**
   * On how many nodes of a cluster the streams are kept, as far as they are made here.
   * @default 1
   */
  readonly replicas?: number | undefined;
  /**
   * Whether to change streams that differ from what they should be.
   * @default false
   */
  readonly repair?: boolean | undefined;
  /**
   * Whether to look although this bus has been looked at, as after a stream was deleted.
   * @default false
   */
  readonly again?: boolean | undefined;
}

/** What a stream of the fleet was found to be. */
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
 * Makes the streams of the fleet where they are absent, and widens their subjects, once for each bus: publishers and
 * listeners do so before they begin, with the options of the first call.
 *
 * Call it yourself for more than one replica, to repair, or to read what differs.
 *
 * @example
 * ```ts
 * import { createMemoryBus, ensureStreams } from "@glam/shared/messaging";
 *
 * await using bus = createMemoryBus();
 * for (const { name, drift } of await ensureStreams(bus, { repair: true })) console.log(name, drift);
 * ```
 *
 * @throws {MessageBusError} when the bus cannot be asked, or refuses.
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
