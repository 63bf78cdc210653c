import { assertWhole } from "../../internal/assert_number.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { readStream } from "../bus/read_stream.ts";
import { Streams } from "../bus/streams.ts";
import { lettersOf } from "./_letters_of.ts";
import { deadLetterMatcher, deadSince, toDeadLetter } from "./_read_dead_letter.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  NewestDeadLettersOptions,
} from "./dead_letters.ts";

const FIRST_WINDOW = 256;
/** Less than a second's reading, so that the time limit holds roughly. */
const MAX_WINDOW = 20_000;

/**
 * Reads backwards, in windows that grow: a first page of all dead letters needs few, a page of rare ones many. The server
 * cannot filter by anything but the subject.
 */
export async function newestDeadLetters(
  bus: MessageBus,
  filter: DeadLetterFilter,
  { limit = 50, before = Infinity, payloads = true, where = () => true, timeoutMs = 2000 }:
    NewestDeadLettersOptions,
): Promise<DeadLetterPage> {
  assertWhole("limit", limit, 1);
  const { subject, since } = filter;
  const matches = deadLetterMatcher(filter);
  const info = await bus.streamInfo(Streams.DLQ);
  if (info === undefined) return { letters: [] };
  const range = {
    headersOnly: !payloads,
    ...subject !== undefined && { subject: await lettersOf(bus, subject) },
  };
  const end = bus.clock.now() + timeoutMs;
  const letters: DeadLetter[] = [];
  let to = Math.min(before - 1, info.lastSequence);
  for (let size = Math.max(FIRST_WINDOW, 2 * limit); to >= info.firstSequence;) {
    const from = Math.max(info.firstSequence, to - size + 1);
    const found: DeadLetter[] = [];
    let isTooOld = false;
    for await (const message of readStream(bus, Streams.DLQ, { ...range, from, to })) {
      isTooOld ||= since !== undefined && deadSince(message) < since;
      if (!matches(message)) continue;
      const letter = toDeadLetter(message);
      if (!where(letter)) continue;
      found.push(letter);
      if (found.length > limit + 1) found.shift(); // the oldest of a window that has enough of them
    }
    for (const letter of found.reverse()) {
      if (letters.length === limit) return { letters, before: letters.at(-1)!.sequence };
      letters.push(letter);
    }
    if (isTooOld) return { letters };
    to = from - 1;
    size = Math.min(4 * size, MAX_WINDOW);
    if (bus.clock.now() > end) break;
  }
  return to < info.firstSequence ? { letters } : { letters, before: to + 1 };
}
