import type { GlamEvent } from "../contract/event.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** A message that no listener could handle, and why. */
export interface DeadLetter {
  /** Its sequence in the stream of dead letters: what it is called. */
  readonly sequence: number;
  /** The subject that the message was published to. */
  readonly subject: string;
  /** The bytes of the message. */
  readonly data: Uint8Array;
  /** The event that the bytes are, where they are JSON; it may still break its contract. */
  readonly event: Partial<GlamEvent> | undefined;
  /** The headers that the message had. */
  readonly headers: MessageHeaders;
  /** When it became a dead letter. */
  readonly deadSince: Date;
  /** The stream that the message was in. */
  readonly stream: string | undefined;
  /** Its sequence there. */
  readonly streamSequence: number | undefined;
  /** The durable consumer that gave up. */
  readonly consumer: string | undefined;
  /** The id that the message was first published with, where it had one: `<subject>:<idempotency key or event_id>`. */
  readonly messageId: string | undefined;
  /** Attempts that were made; of a message that no handler saw, how often it was delivered. */
  readonly attempts: number | undefined;
  /** Code of the last error. */
  readonly errorCode: string | undefined;
  /** Class of the last error. */
  readonly errorName: string | undefined;
  /** Message of the last error. */
  readonly errorMessage: string | undefined;
  /** The same for errors that were thrown at the same place. */
  readonly errorDigest: string | undefined;
  /** When the first attempt failed, where that is known. */
  readonly firstFailedAt: Date | undefined;
  /** When the last attempt failed. */
  readonly lastFailedAt: Date | undefined;
  /** How often it was redriven before. */
  readonly redriveCount: number;
}

/** Which dead letters: those that have everything that is given. */
export interface DeadLetterFilter {
  /** The one with this sequence in the stream of dead letters. */
  readonly sequence?: number | undefined;
  /** Subject that the message was published to; `*` and `>` stand for one token and for the rest. */
  readonly subject?: string | undefined;
  /** The durable consumer that gave up. */
  readonly consumer?: string | undefined;
  /** Code of the last error. */
  readonly errorCode?: string | undefined;
  /** Digest of the last error. */
  readonly errorDigest?: string | undefined;
  /** Dead since this instant or later. */
  readonly since?: Date | undefined;
  /** Dead before this instant. */
  readonly until?: Date | undefined;
}

/** Options of {@link DeadLetters.redrive}. */
export interface RedriveOptions {
  /**
   * Whether to only say what would be redriven.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * How many to publish in a second, at most.
   * @default 100
   */
  readonly perSecond?: number | undefined;
  /** Called after each one. */
  readonly onProgress?: ((progress: RedriveProgress) => void) | undefined;
  /** Stops: what is being published is finished, the rest stays. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a redrive is. */
export interface RedriveProgress {
  /** How many were looked at. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
  /** The last one. */
  readonly letter: DeadLetter;
}

/** What a redrive did. */
export interface RedriveResult {
  /** How many dead letters the filter matched. */
  readonly matched: number;
  /** How many were published again and removed; of a dry run, how many would be. */
  readonly redriven: number;
  /** Those that are still there, though the redrive came to them, and why. */
  readonly kept: readonly { readonly sequence: number; readonly reason: string }[];
}

/** The dead letters of a bus. */
export interface DeadLetters {
  /** How many there are. */
  count(): Promise<number>;
  /** The dead letters, oldest first. */
  list(filter?: DeadLetterFilter): AsyncIterableIterator<DeadLetter>;
  /** One of them, or `undefined` where there is none. */
  show(sequence: number): Promise<DeadLetter | undefined>;
  /**
   * Publishes dead letters to their subject again, in the order in which their streams had them, and removes each one when
   * its stream has stored it. Every consumer of the subject gets it, as it got the first. A failure of the broker ends the
   * redrive, so that nothing overtakes.
   *
   * @throws {TypeError} when the filter is empty; `"all"` are all.
   * @throws {RangeError} when `perSecond` is not greater than 0.
   */
  redrive(filter: DeadLetterFilter | "all", options?: RedriveOptions): Promise<RedriveResult>;
  /**
   * Removes dead letters for good, and gives their number.
   *
   * @throws {TypeError} when the filter is empty; `"all"` are all.
   */
  purge(filter: DeadLetterFilter | "all"): Promise<number>;
}
