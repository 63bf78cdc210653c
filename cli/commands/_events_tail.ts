import { setTimeout as delay } from "node:timers/promises";
import { firstSequenceSince } from "../../messaging/bus/first_sequence_since.ts";
import { type MessageBus, type StoredMessage, Streams } from "../../messaging/mod.ts";
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

/** Prints the messages of a stream as they are stored. Reads the stream directly, so that no consumer has to be removed. */
export async function run(
  { terminal, signal, json }: Session,
  { since, count = Infinity, stream: name, ...flags }: TailFlags,
  subject: string,
): Promise<number> {
  await using bus = await openBus(flags);
  const stream = name ?? (subject.startsWith("dlq.") ? Streams.DLQ : Streams.EVENTS);
  const info = await bus.streamInfo(stream);
  if (info === undefined) {
    throw new UsageError(`There is no stream ${stream}; the first service that starts creates it`);
  }
  let from = since === undefined ? info.lastSequence + 1 : await firstSequenceSince(bus, stream, since);
  if (since === undefined && terminal.isInteractive) {
    terminal.printError(terminal.paint("dim", `Waiting for ${subject} in ${stream}; Ctrl-C stops`));
  }
  for (let seen = 0; seen < count;) {
    if (signal.aborted) return STOPPED;
    const message = await readUnlessLost(bus, stream, { from, subject });
    if (message === undefined) {
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    from = message.sequence + 1;
    seen++;
    await terminal.print(json ? messageDocument(message, stream) : describeMessage(message, terminal));
  }
  return 0;
}

/** Reads the next message. Gives `undefined` while the connection is lost; the client reconnects by itself. */
async function readUnlessLost(
  bus: MessageBus,
  stream: string,
  query: { readonly from: number; readonly subject: string },
): Promise<StoredMessage | undefined> {
  try {
    return await bus.readMessage(stream, query);
  } catch (error) {
    if (error instanceof MessageBusError && (error.kind === "unavailable" || error.kind === "timeout")) {
      return undefined;
    }
    throw error;
  }
}
