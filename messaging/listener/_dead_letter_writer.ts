import { formatOmitted } from "../dead_letters/_format.ts";
import { type Omitted, writeDeadLetter } from "./_dead_letter.ts";
import type { ListenerCore } from "./_core.ts";
import { toFailure } from "./_failure.ts";
import type { HeldMessage } from "./_held_message.ts";

const RETRY_MS = 250;
const MAX_RETRY_MS = 5000;

/** Writes dead letters, and retries until each is stored. */
export class DeadLetterWriter {
  /** Number of dead letters being written. */
  running = 0;
  /** Message of the last failure to write one; `undefined` after a success. */
  trouble: string | undefined = undefined;
  readonly #engine: ListenerCore;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Writes the dead letter of a message, and acknowledges the message after that. */
  write(held: HeldMessage): void {
    const { answers, bus, holds } = this.#engine;
    if (held.source.settings.partitions !== undefined && answers.isLost(held)) {
      return this.#engine.giveBack(held, 0); // it is another process's, which decides for itself
    }
    const isHeld = holds.applyTo(held.source);
    held.state = "dead_lettering";
    this.running++;
    writeDeadLetter(bus, held, isHeld).then(({ omitted, letter }) => {
      this.running--;
      this.trouble = undefined;
      this.#report(held, omitted);
      if (held.state === "dead_lettering") {
        if (isHeld) holds.begin(held, letter);
        else this.#engine.settle(held, held.outcome);
      }
      this.#engine.dispatcher.pump();
    }, (error: unknown) => {
      this.running--;
      this.#failed(held, error);
      this.#engine.notifyIdle();
    });
  }

  #report({ source, sequence }: HeldMessage, { headers, bytes }: Omitted): void {
    if (headers.length + bytes === 0) return;
    this.#engine.logger.warn("Dead letter lacks parts of its message that cannot be written", {
      durable: source.settings.durable,
      sequence,
      ...headers.length > 0 && { headers: formatOmitted(headers) },
      ...bytes > 0 && { payload_bytes: bytes },
    });
  }

  #failed(held: HeldMessage, error: unknown): void {
    const { logger, dispatcher } = this.#engine;
    held.deadLetterFailures++;
    this.trouble = toFailure(error, 0, 0).message;
    logger.error("Dead letter could not be written; the event is kept and the dead letter tried again", {
      durable: held.source.settings.durable,
      sequence: held.sequence,
      error,
    });
    if (held.state !== "dead_lettering") return;
    dispatcher.wait(held, Math.min(RETRY_MS * 2 ** (held.deadLetterFailures - 1), MAX_RETRY_MS));
  }
}
