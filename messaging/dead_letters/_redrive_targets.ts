import type { MessageBus } from "../bus/message_bus.ts";
import { streamOf } from "../bus/stream_of.ts";
import { isEventSubject } from "../contract/_subject.ts";
import type { DeadLetter } from "./dead_letters.ts";

/**
 * The subjects that a redrive may publish to: those of events and commands that a stream covers. A dead letter is a message
 * that anybody may have written, and its subject could be one of the broker's API; so the broker is asked before anything is
 * published.
 */
export class RedriveTargets {
  readonly #uncovered: ReadonlySet<string>;

  private constructor(uncovered: ReadonlySet<string>) {
    this.#uncovered = uncovered;
  }

  /** Asks for the stream of each subject, once. */
  static async find(bus: MessageBus, subjects: readonly string[]): Promise<RedriveTargets> {
    const uncovered = new Set<string>();
    for (const subject of new Set(subjects)) {
      if (isEventSubject(subject) && await streamOf(bus, subject) === undefined) uncovered.add(subject);
    }
    return new RedriveTargets(uncovered);
  }

  /** Why a dead letter must not be redriven; `undefined` where it may be. */
  refusalOf({ subject, omittedBytes, stream, streamSequence }: DeadLetter): string | undefined {
    if (!isEventSubject(subject)) {
      return `Its subject ${JSON.stringify(subject)} is not evt.<...> or cmd.<...> without wildcards`;
    }
    if (this.#uncovered.has(subject)) return `No stream covers its subject "${subject}"`;
    if (omittedBytes > 0) {
      const origin = stream === undefined ? "" : `; the original was message ${streamSequence} of ${stream}`;
      return `It lacks its payload of ${omittedBytes} bytes${origin}`;
    }
    return undefined;
  }
}
