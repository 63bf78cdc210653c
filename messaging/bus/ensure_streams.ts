import type { MessageBus } from "./message_bus.ts";
import { ensureApart } from "./_ensure_apart.ts";
import { layoutOf, rememberLayout } from "./_known_layouts.ts";
import { layoutConfigs, withReplicas } from "./stream_layout.ts";
import { assertStreamLayout, type StreamLayout } from "./domain_streams.ts";
import type { EnsuredStream } from "./ensured_stream.ts";
import type { FleetStreamLimits } from "./stream_limits.ts";

/** Options of {@link ensureStreams}. */
export interface EnsureStreamsOptions {
  /**
   * On how many nodes of a cluster the streams are kept: 1, 3 or 5. An existing stream keeps its number, unless `repair`.
   * @default that of `streams`, else 1
   */
  readonly replicas?: number | undefined;
  /**
   * Limits of the two streams, or a layout of `domainStreams`.
   * @default those that the bus was created with
   */
  readonly streams?: FleetStreamLimits | StreamLayout | undefined;
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

const ensured = new WeakMap<MessageBus, Promise<readonly EnsuredStream[]>>();

/**
 * Creates the fleet's streams where they are missing, and adds missing subjects. It removes no subject, and leaves those to
 * other streams that these have: the report tells which. It runs once per bus: publishers and listeners call it before they
 * start, and get the result of the first call.
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
 * @throws {TypeError} when `streams` has an unknown key, or a layout is malformed.
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
  if (streams !== undefined) assertStreamLayout(streams);
  if (streams !== undefined || replicas !== undefined) {
    rememberLayout(bus, withReplicas(streams ?? layoutOf(bus) ?? {}, replicas));
  }
  const known = ensured.get(bus);
  const isGiven = repair !== undefined || replicas !== undefined || streams !== undefined;
  if (known !== undefined && !again && !isGiven) return known;
  const work = (async () => {
    const reports: EnsuredStream[] = [];
    for (const config of layoutConfigs(layoutOf(bus))) {
      reports.push(await ensureApart(bus, config, repair ?? false));
    }
    return reports;
  })();
  ensured.set(bus, work);
  work.catch(() => ensured.delete(bus));
  return work;
}
