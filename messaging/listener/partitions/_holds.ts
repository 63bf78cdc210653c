import { readStream } from "../../bus/read_stream.ts";
import type { StoredMessage } from "../../bus/stream.ts";
import { Streams } from "../../bus/streams.ts";
import { DLQ_HEADERS, dlqSubject, skipSubject } from "../../dead_letters/_format.ts";
import type { HoldsPort, ListenerCore } from "../_core.ts";
import type { HeldMessage, HeldSource } from "../_held_message.ts";

/** How often to look whether an operator has decided, in milliseconds. */
const LOOK_MS = 500;

/**
 * Keeps messages whose dead letter is written, in a listener with `onDeadLetter: "hold"`. Such a message is not acknowledged,
 * so that the server gives the later ones of its partition to no process.
 *
 * All state is on the server: the message waits in its stream, its dead letter in the stream of those. Whoever gets the
 * message after a crash finds the dead letter. Where that is gone, the message is handled again, unless a note says that it
 * is to be left out.
 */
export class Holds implements HoldsPort {
  readonly #engine: ListenerCore;
  readonly #waiting = new Set<HeldMessage>();

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Whether a dead letter holds up the partition of its message. */
  applyTo({ settings: { partitions } }: HeldSource): boolean {
    return this.#engine.settings.onDeadLetter === "hold" && partitions !== undefined;
  }

  /** Number of messages of a source that wait. */
  count(source: HeldSource): number {
    let count = 0;
    for (const held of this.#waiting) {
      if (held.state !== "on_hold") this.#waiting.delete(held);
      else if (held.source === source) count++;
    }
    return count;
  }

  /** Lets a message wait whose dead letter is stored under `letter`. */
  begin(held: HeldMessage, letter: number): void {
    held.source.counters.outcomes[held.outcome]++;
    this.#engine.logger.warn("A dead letter holds up its partition until it is redriven or purged", {
      durable: held.delivery.consumer,
      sequence: held.sequence,
      dead_letter: letter,
    });
    this.#wait(held, letter);
    this.#engine.notifyIdle();
  }

  /** Looks for the dead letter of a message that is delivered again: resolves with whether it waits, or is over. */
  async resumes(held: HeldMessage): Promise<boolean> {
    held.state = "on_hold";
    for (;;) {
      try {
        if (await this.#isSkipped(held)) return true;
        const letter = await this.#findLetter(held);
        if (held.state === "on_hold" && letter !== undefined) this.#wait(held, letter);
        return held.state !== "on_hold" || letter !== undefined;
      } catch (error) {
        this.#engine.logger.warn("Dead letters could not be read; a message waits for that", {
          durable: held.delivery.consumer,
          sequence: held.sequence,
          error,
        });
        await this.#engine.pauseFor(LOOK_MS);
        if (this.#engine.isOver || held.state !== "on_hold") return true;
      }
    }
  }

  #wait(held: HeldMessage, letter: number): void {
    held.state = "on_hold";
    this.#waiting.add(held);
    this.#lookLater(held, letter, false);
  }

  #lookLater(held: HeldMessage, letter: number, wasGone: boolean): void {
    held.timer = this.#engine.after(LOOK_MS, () => {
      held.timer = undefined;
      this.#look(held, letter, wasGone).catch(() => wasGone).then((isGone) => {
        if (held.state === "on_hold" && this.#waiting.has(held)) this.#lookLater(held, letter, isGone);
      });
    });
  }

  /** Looks whether an operator has decided. Returns whether the dead letter was gone. */
  async #look(held: HeldMessage, letter: number, wasGone: boolean): Promise<boolean> {
    const { answers, bus, dispatcher, logger } = this.#engine;
    if (answers.isLost(held)) {
      this.#waiting.delete(held);
      this.#engine.giveBack(held, 0); // which is not answered
      return false;
    }
    if (!bus.connected) return wasGone;
    if (await bus.readMessage(Streams.DLQ, { sequence: letter }) !== undefined) return false;
    if (held.state !== "on_hold" || await this.#isSkipped(held)) return true;
    // A purge removes the dead letter first, and leaves its note a moment later.
    if (!wasGone || held.state !== "on_hold") return true;
    this.#waiting.delete(held);
    logger.info("A dead letter is redriven: its event is handled again in its place", {
      durable: held.delivery.consumer,
      sequence: held.sequence,
    });
    held.failures = held.deadLetterFailures = 0;
    held.firstFailedAt = held.deadLetterCause = undefined;
    held.outcome = "dlq";
    dispatcher.enqueue(held);
    return true;
  }

  /** Leaves a message out where a note says so. */
  async #isSkipped(held: HeldMessage): Promise<boolean> {
    const { bus } = this.#engine;
    const subject = skipSubject(held.delivery.consumer, held.sequence);
    const note = await bus.readMessage(Streams.DLQ, { from: 1, subject });
    // One that is older than the message is about another stream of this name.
    if (note === undefined || note.timeNanos < held.delivery.timeNanos || held.state !== "on_hold") {
      return false;
    }
    this.#waiting.delete(held);
    held.timer?.cancel();
    this.#engine.logger.info("A dead letter is purged: its event is left out", {
      durable: held.delivery.consumer,
      sequence: held.sequence,
    });
    this.#engine.settle(held, undefined);
    await bus.flush();
    await bus.deleteMessage(Streams.DLQ, note.sequence);
    return true;
  }

  /** The sequence of the dead letter of a message. */
  async #findLetter(held: HeldMessage): Promise<number | undefined> {
    const { bus } = this.#engine;
    const info = await bus.streamInfo(Streams.DLQ);
    if (info === undefined) return undefined;
    const range = {
      from: info.firstSequence,
      to: info.lastSequence,
      subject: dlqSubject(held.delivery.subject),
      headersOnly: true,
    };
    let found: number | undefined;
    for await (const message of readStream(bus, Streams.DLQ, range)) {
      if (isLetterOf(message, held)) found = message.sequence;
    }
    return found;
  }
}

function isLetterOf({ headers, timeNanos }: StoredMessage, { delivery, sequence }: HeldMessage): boolean {
  return headers.get(DLQ_HEADERS.held) === "true" &&
    headers.get(DLQ_HEADERS.consumer) === delivery.consumer &&
    headers.get(DLQ_HEADERS.sequence) === String(sequence) &&
    timeNanos >= delivery.timeNanos;
}
