import { Buffer } from "node:buffer";
import { firstSequenceSince } from "../../messaging/bus/first_sequence_since.ts";
import type { MessageBus } from "../../messaging/bus/message_bus.ts";
import { readStream } from "../../messaging/bus/read_stream.ts";
import type { StoredMessage } from "../../messaging/bus/stream.ts";
import { streamsOf } from "../../messaging/bus/stream_of.ts";

const WINDOW = 50_000;
/** Messages and bytes that a window may find: one id may be that of a whole import. */
const MAX_FOUND = 500;
const MAX_BYTES = 8 * 1024 * 1024;
/** Subjects that a fleet publishes to, and those of its dead letters. */
const FLEET = ["evt.>", "cmd.>", "dlq.>"];

/** Options of {@link scanTrail}. */
export interface TrailOptions {
  /** Only what was stored at this time or later. */
  readonly since?: Date | undefined;
  /** Only what was stored before this time. */
  readonly until?: Date | undefined;
  /** Where an earlier scan has ended: its `next`. */
  readonly from?: TrailPosition | undefined;
  /**
   * After which time to end, in milliseconds.
   * @default 30000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How many messages to read between two steps, at most: fewer where many of them are found.
   * @default 50000
   */
  readonly window?: number | undefined;
  /** Ends the scan. */
  readonly signal?: AbortSignal | undefined;
}

/** The sequence before which each stream is not read yet; 0 where it is read to its end. */
export type TrailPosition = Readonly<Record<string, number>>;

/** A message with the correlation id. */
export interface TrailMessage extends StoredMessage {
  /** Its stream. */
  readonly stream: string;
  /** Its body as JSON, `undefined` where it is no object. */
  readonly event: Readonly<Record<string, unknown>> | undefined;
}

/** What one step of a scan has found. */
export interface TrailStep {
  /** Messages, the newest first; older than those of the steps before. */
  readonly found: readonly TrailMessage[];
  /** The share that is read, from 0 to 1. */
  readonly share: number;
  /** Where to go on; absent when all is read. */
  readonly next?: TrailPosition;
}

/** A stream that is read backwards. */
interface Lane {
  readonly stream: string;
  readonly first: number;
  readonly size: number;
  /** The newest sequence that is not read yet. */
  to: number;
  /** How many messages to read next. */
  window: number;
  /** When the oldest message that is read was stored. */
  reached: bigint;
}

const FUTURE = 2n ** 63n;

/**
 * Looks for everything that is still stored under a correlation id, newest first. No stream has an index of it: all are read
 * backwards, and a body is parsed only where the bytes of the id are in it. Python writes the id into bodies alone.
 */
export async function* scanTrail(
  bus: MessageBus,
  id: string,
  options: TrailOptions = {},
): AsyncGenerator<TrailStep, void> {
  const { timeoutMs = 30_000, window = WINDOW, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const until = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const needle = Buffer.from(id);
  const lanes = await openLanes(bus, options, window);
  const total = lanes.reduce((sum, { size }) => sum + size, 0);
  let waiting: TrailMessage[] = [];
  for (;;) {
    const open = lanes.filter((lane) => lane.to >= lane.first);
    const left = open.reduce((sum, { first, to }) => sum + to - first + 1, 0);
    const isOver = open.length === 0 || until.aborted;
    // What another stream may still have something newer than waits for its turn.
    const limit = isOver ? -1n : open.reduce((max, { reached }) => reached > max ? reached : max, -1n);
    waiting.sort(byTime);
    const found = waiting.filter(({ timeNanos }) => timeNanos >= limit);
    waiting = waiting.filter(({ timeNanos }) => timeNanos < limit);
    yield {
      found,
      share: total === 0 ? 1 : 1 - left / total,
      ...open.length > 0 && { next: positionOf(lanes, waiting) },
    };
    if (isOver) return;
    const lane = open.reduce((best, each) => each.reached > best.reached ? each : best);
    try {
      waiting.push(...await readWindow(bus, lane, { needle, id, window, signal: until }));
    } catch (error) {
      if (!until.aborted) throw error;
      signal?.throwIfAborted();
    }
  }
}

/** What {@link readWindow} looks for. */
interface Search {
  readonly needle: Buffer;
  readonly id: string;
  /** The size that a window has where little is found. */
  readonly window: number;
  readonly signal: AbortSignal;
}

/** Reads one window of a stream, and moves its lane behind it. One that finds too much to keep is read again, smaller. */
async function readWindow(bus: MessageBus, lane: Lane, search: Search): Promise<TrailMessage[]> {
  const { stream, first, to } = lane;
  const { needle, id, window, signal } = search;
  const from = Math.max(first, to - lane.window + 1);
  const found: TrailMessage[] = [];
  let bytes = 0;
  let reached: bigint | undefined;
  for await (const message of readStream(bus, stream, { from, to, signal })) {
    reached ??= message.timeNanos;
    const hit = hitOf(message, needle, id, stream);
    if (hit === undefined) continue;
    found.push(hit);
    bytes += hit.data.length;
    if (from < to && (found.length > MAX_FOUND || bytes > MAX_BYTES)) {
      lane.window = Math.max(1, Math.floor((hit.sequence - from + 1) / 2));
      return await readWindow(bus, lane, search);
    }
  }
  lane.to = from - 1;
  lane.reached = reached ?? lane.reached;
  if (found.length < MAX_FOUND / 2 && bytes < MAX_BYTES / 2) lane.window = Math.min(window, lane.window * 2);
  return found;
}

function hitOf(message: StoredMessage, needle: Buffer, id: string, stream: string): TrailMessage | undefined {
  const { data } = message;
  // A dead letter that was too large has its headers alone.
  const mayBe = data.length === 0 || Buffer.from(data.buffer, data.byteOffset, data.length).includes(needle);
  if (!mayBe) return undefined;
  const { headers } = message;
  const event = parseObject(data);
  const isHit = event?.["correlation_id"] === id || headers.get("X-Correlation-ID") === id;
  if (!isHit || headers.has("Nats-Stream-Source")) return undefined; // a copy of what another stream has
  const { subject, sequence, timeNanos } = message;
  return { subject, sequence, timeNanos, headers, data, stream, event };
}

function parseObject(data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

async function openLanes(
  bus: MessageBus,
  { since, until, from = {} }: TrailOptions,
  window: number,
): Promise<Lane[]> {
  const infos = await streamsOf(bus, FLEET);
  return await Promise.all(
    infos.map(async ({ config, firstSequence, lastSequence }) => {
      const stream = config.name;
      const first = since === undefined ? firstSequence : await firstSequenceSince(bus, stream, since);
      const last = until === undefined ? lastSequence : await firstSequenceSince(bus, stream, until) - 1;
      const before = from[stream];
      const to = before === undefined ? last : Math.min(before - 1, last);
      return { stream, first, to, size: Math.max(0, last - first + 1), window, reached: FUTURE };
    }),
  );
}

/** What waits for its turn is read again, as nobody has seen it. */
function positionOf(lanes: readonly Lane[], waiting: readonly TrailMessage[]): TrailPosition {
  return Object.fromEntries(lanes.map(({ stream, first, to }) => {
    const unseen = waiting.filter((message) => message.stream === stream).map(({ sequence }) => sequence);
    const last = unseen.reduce((max, sequence) => Math.max(max, sequence), to);
    return [stream, last < first ? 0 : last + 1];
  }));
}

function byTime(one: StoredMessage, other: StoredMessage): number {
  return one.timeNanos === other.timeNanos
    ? other.sequence - one.sequence
    : one.timeNanos < other.timeNanos
    ? 1
    : -1;
}
