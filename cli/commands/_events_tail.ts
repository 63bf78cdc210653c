import { setTimeout as delay } from "node:timers/promises";
import { firstSequenceSince } from "../../messaging/bus/first_sequence_since.ts";
import { streamsOf } from "../../messaging/bus/stream_of.ts";
import { contractSubject, partitionsFilter } from "../../messaging/contract/_partition.ts";
import { matchesSubject } from "../../messaging/contract/_subject.ts";
import type { MessageBus, StoredMessage } from "../../messaging/mod.ts";
import { MessageBusError } from "../../errors/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { STOPPED } from "../_interrupt.ts";
import { type Session, UsageError } from "../_session.ts";
import { describeMessage, messageDocument } from "./_message_line.ts";

interface TailFlags extends BusFlags {
  readonly since?: Date;
  readonly count?: number;
  readonly stream?: string;
}

const POLL_MS = 100;

/** Prints messages as they are stored. Reads the streams directly, so that no consumer has to be removed. */
export async function run(
  { terminal, signal, json }: Session,
  { since, count = Infinity, stream: name, ...flags }: TailFlags,
  subject: string,
): Promise<number> {
  await using bus = await openBus(flags);
  const tails = await openTails(bus, subject, since, name);
  if (since === undefined && terminal.isInteractive) {
    const names = tails.map(({ stream }) => stream).join(", ");
    terminal.printError(terminal.paint("dim", `Waiting for ${subject} in ${names}; Ctrl-C stops`));
  }
  for (let seen = 0; seen < count;) {
    if (signal.aborted) return STOPPED;
    const next = await oldestOf(bus, tails, subject);
    if (next === undefined) {
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    const { message, stream } = next;
    seen++;
    await terminal.print(json ? messageDocument(message, stream) : describeMessage(message, terminal));
  }
  return 0;
}

/** A stream that is followed. */
interface Tail {
  readonly stream: string;
  /** The sequence from which on it is not read yet. */
  from: number;
  /** Its next message, which waits for older ones of other streams. */
  next?: StoredMessage | undefined;
}

async function openTails(
  bus: MessageBus,
  subject: string,
  since: Date | undefined,
  name: string | undefined,
): Promise<Tail[]> {
  const infos = name === undefined
    ? await streamsOf(bus, [subject])
    : [await bus.streamInfo(name)].filter((info) => info !== undefined);
  if (infos.length === 0) {
    const what = name === undefined ? `of ${subject}` : name;
    throw new UsageError(`There is no stream ${what}; the first service that starts creates it`);
  }
  return await Promise.all(infos.map(async ({ config: { name: stream }, lastSequence }) => ({
    stream,
    from: since === undefined ? lastSequence + 1 : await firstSequenceSince(bus, stream, since),
  })));
}

/** Takes the oldest of the messages that come next in the streams. */
async function oldestOf(
  bus: MessageBus,
  tails: readonly Tail[],
  subject: string,
): Promise<{ readonly message: StoredMessage; readonly stream: string } | undefined> {
  await Promise.all(tails.map(async (tail) => {
    tail.next ??= await readUnlessLost(bus, tail.stream, tail.from, subject);
  }));
  const [oldest] = tails.filter(({ next }) => next !== undefined)
    .sort((one, other) => one.next!.timeNanos < other.next!.timeNanos ? -1 : 1);
  if (oldest === undefined) return undefined;
  const message = oldest.next!;
  oldest.from = message.sequence + 1;
  oldest.next = undefined;
  return { message, stream: oldest.stream };
}

/**
 * Reads the next message of a subject, or of its partitions. Gives `undefined` while the connection is lost; the client
 * reconnects by itself.
 */
async function readUnlessLost(
  bus: MessageBus,
  stream: string,
  from: number,
  subject: string,
): Promise<StoredMessage | undefined> {
  try {
    const filters = subject.endsWith(">") ? [subject] : [subject, partitionsFilter(subject)];
    const found = await Promise.all(filters.map((filter) => readOf(bus, stream, from, filter, subject)));
    return found.reduce((one, other) =>
      one === undefined || other !== undefined && other.sequence < one.sequence ? other : one
    );
  } catch (error) {
    if (error instanceof MessageBusError && (error.kind === "unavailable" || error.kind === "timeout")) {
      return undefined;
    }
    throw error;
  }
}

/** The next message that a filter finds, and that is of the subject or of one of its partitions. */
async function readOf(
  bus: MessageBus,
  stream: string,
  from: number,
  filter: string,
  subject: string,
): Promise<StoredMessage | undefined> {
  for (let next = from;;) {
    const message = await bus.readMessage(stream, { from: next, subject: filter });
    if (message === undefined || filter === subject || matchesSubject(subject, contractSubject(message))) {
      return message;
    }
    next = message.sequence + 1;
  }
}
