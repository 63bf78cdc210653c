import { DLQ_HEADERS } from "./_format.ts";
import { HeldLetters } from "./_held_letters.ts";
import { lettersOf } from "./_letters_of.ts";
import { deadLetterMatcher, toDeadLetter } from "./_read_dead_letter.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterListOptions,
  DeadLetters,
  RedriveOptions,
  RedriveResult,
} from "./dead_letters.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { newestDeadLetters } from "./_newest_dead_letters.ts";
import { PartitionNow } from "./_partition_now.ts";
import { publishAgain } from "./_publish_again.ts";
import { readStream } from "../bus/read_stream.ts";
import { RedriveTargets } from "./_redrive_targets.ts";
import type { StoredMessage } from "../bus/stream.ts";
import { Streams } from "../bus/streams.ts";

/**
 * Creates access to the dead letters of a bus: to list them, to publish them again after the cause was fixed (redrive), or to
 * remove them (purge).
 *
 * @example
 * ```ts
 * import { createDeadLetters, createMemoryBus } from "@glam/shared/messaging";
 *
 * await using bus = createMemoryBus();
 * const dead = createDeadLetters(bus);
 * for await (const letter of dead.list({ subject: "evt.credit.>" })) {
 *   console.log(letter.sequence, letter.subject, letter.errorCode, letter.errorMessage);
 * }
 * const { redriven } = await dead.redrive({ errorCode: "DATABASE_ERROR" }, { perSecond: 50 });
 * console.log(redriven); // 0
 * ```
 */
export function createDeadLetters(bus: MessageBus): DeadLetters {
  async function* read(
    filter: DeadLetterFilter,
    { payloads = true, signal }: DeadLetterListOptions,
  ): AsyncIterableIterator<StoredMessage> {
    const matches = deadLetterMatcher(filter);
    const info = await bus.streamInfo(Streams.DLQ);
    if (info === undefined) return;
    if (filter.sequence !== undefined) {
      const message = await bus.readMessage(Streams.DLQ, { sequence: filter.sequence });
      if (message !== undefined && matches(message)) yield message;
      return;
    }
    const subject = filter.subject === undefined ? undefined : await lettersOf(bus, filter.subject);
    // Later dead letters are left out, or a redrive of events that fail at once would never end.
    const range = {
      from: info.firstSequence,
      to: info.lastSequence,
      subject,
      headersOnly: !payloads,
      signal,
    };
    for await (const message of readStream(bus, Streams.DLQ, range)) {
      if (matches(message)) yield message;
    }
  }

  async function* list(
    filter: DeadLetterFilter = {},
    options: DeadLetterListOptions = {},
  ): AsyncIterableIterator<DeadLetter> {
    for await (const message of read(filter, options)) yield toDeadLetter(message);
  }

  async function redrive(
    filter: DeadLetterFilter | "all",
    options: RedriveOptions = {},
  ): Promise<RedriveResult> {
    const { dryRun = false, perSecond = 100, onProgress, signal } = options;
    if (!(perSecond > 0)) {
      throw new RangeError(`Expected \`perSecond\` to be greater than 0, got ${perSecond}`);
    }
    const letters = await inOriginalOrder(read(toFilter(filter), { payloads: false }));
    const targets = await RedriveTargets.find(bus, letters.map(({ subject }) => subject));
    const partitions = new PartitionNow(bus);
    const heldLetters = new HeldLetters(bus);
    const kept: { sequence: number; reason: string }[] = [];
    let redriven = 0;
    let done = 0;
    let next = bus.clock.now();
    for (const { sequence } of letters) {
      if (signal?.aborted) break;
      const message = await bus.readMessage(Streams.DLQ, { sequence });
      done++;
      if (message === undefined) continue; // another process has removed it
      const letter = toDeadLetter(message);
      const waits = await heldLetters.waits(letter);
      const refusal = waits ? undefined : targets.refusalOf(letter);
      if (refusal !== undefined) {
        kept.push({ sequence, reason: refusal });
      } else if (dryRun) {
        redriven++;
      } else {
        await waitUntil(bus, next, signal);
        if (signal?.aborted) break;
        if (waits) {
          // Its listener sees that it is gone, and handles the message that waits.
          if (await bus.deleteMessage(Streams.DLQ, sequence)) redriven++;
          onProgress?.({ done, total: letters.length, letter });
          continue;
        }
        next = Math.max(next, bus.clock.now()) + 1000 / perSecond;
        const problem = await publishAgain(
          bus,
          letter,
          await partitions.subjectOf(letter),
          message.timeNanos,
        );
        if (problem === undefined) redriven++;
        else kept.push({ sequence, reason: problem.reason });
        if (problem?.isFinal) break;
      }
      onProgress?.({ done, total: letters.length, letter });
    }
    return { matched: letters.length, redriven, kept };
  }

  async function purge(filter: DeadLetterFilter | "all"): Promise<number> {
    const wanted = toFilter(filter);
    const heldLetters = new HeldLetters(bus);
    const sequences: number[] = [];
    const waiting = new Map<number, DeadLetter>();
    for await (const message of read(wanted, { payloads: false })) {
      sequences.push(message.sequence);
      if (message.headers.get(DLQ_HEADERS.held) === undefined) continue;
      const letter = toDeadLetter(message);
      if (await heldLetters.waits(letter)) waiting.set(message.sequence, letter);
    }
    if (filter === "all") {
      const removed = await bus.purgeStream(Streams.DLQ);
      for (const letter of waiting.values()) await heldLetters.skip(letter);
      return removed;
    }
    let removed = 0;
    for (const sequence of sequences) {
      if (!await bus.deleteMessage(Streams.DLQ, sequence)) continue;
      removed++;
      const letter = waiting.get(sequence);
      if (letter !== undefined) await heldLetters.skip(letter);
    }
    return removed;
  }

  return {
    async count() {
      return (await bus.streamInfo(Streams.DLQ))?.messages ?? 0;
    },
    list,
    newest: (filter = {}, options = {}) => newestDeadLetters(bus, filter, options),
    async show(sequence) {
      const message = await bus.readMessage(Streams.DLQ, { sequence });
      return message && toDeadLetter(message);
    },
    redrive,
    purge,
  };
}

function toFilter(filter: DeadLetterFilter | "all"): DeadLetterFilter {
  if (filter === "all") return {};
  if (Object.values(filter).every((value) => value === undefined)) {
    throw new TypeError(
      'Expected a filter with at least one member, got none; pass "all" for all dead letters',
    );
  }
  return filter;
}

/** Which dead letter to redrive, and where to. */
interface Redrivable {
  readonly sequence: number;
  readonly subject: string;
}

/** Dead letters in the order that their messages had in their streams. */
async function inOriginalOrder(messages: AsyncIterable<StoredMessage>): Promise<Redrivable[]> {
  const found: (Redrivable & { readonly stream: string; readonly origin: number })[] = [];
  for await (const message of messages) {
    const { sequence, subject, stream = "", streamSequence = 0 } = toDeadLetter(message);
    found.push({ sequence, subject, stream, origin: streamSequence });
  }
  return found.sort((one, other) =>
    one.stream < other.stream ? -1 : one.stream > other.stream ? 1 : one.origin - other.origin ||
      one.sequence - other.sequence
  );
}

/** Waits until `time`, or until the signal aborts. */
async function waitUntil(bus: MessageBus, time: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = time - bus.clock.now();
  if (ms <= 0 || signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = bus.clock.setTimer(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
