import type { MessageBus } from "../bus/message_bus.ts";
import type { StreamConsumer } from "../bus/consumer.ts";
import { Streams } from "../bus/streams.ts";
import { skipSubject } from "./_format.ts";
import type { DeadLetter } from "./dead_letters.ts";

/** Dead letters whose message still waits in its stream: what is decided about them is decided about it. */
export class HeldLetters {
  readonly #bus: MessageBus;
  /** The consumers of each stream, read once. */
  readonly #consumers = new Map<string, Promise<readonly StreamConsumer[]>>();

  constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  /**
   * Whether the message of a dead letter waits for a decision: its stream has it, and its consumer has not settled it. Anything
   * else, such as a message that the stream has dropped, is an ordinary dead letter by now.
   */
  async waits({ held, stream, streamSequence, consumer }: DeadLetter): Promise<boolean> {
    if (!held || stream === undefined || streamSequence === undefined || consumer === undefined) return false;
    const [message, consumers] = await Promise.all([
      this.#bus.readMessage(stream, { sequence: streamSequence }).catch(() => undefined),
      this.#consumersOf(stream),
    ]);
    const own = consumers.find(({ name }) => name === consumer);
    return message !== undefined && own !== undefined && own.ackPending > 0 && own.ackFloor < streamSequence;
  }

  /** Leaves a note for the listener that a message is to be left out. Call it after the dead letter is removed. */
  async skip({ consumer, streamSequence }: DeadLetter): Promise<void> {
    await this.#bus.publish({
      subject: skipSubject(consumer!, streamSequence!),
      data: "",
      stream: Streams.DLQ,
    });
  }

  #consumersOf(stream: string): Promise<readonly StreamConsumer[]> {
    let consumers = this.#consumers.get(stream);
    if (consumers === undefined) {
      consumers = (this.#bus.listConsumers?.(stream) ?? Promise.resolve([])).catch(() => []);
      this.#consumers.set(stream, consumers);
    }
    return consumers;
  }
}
