import type { GlamEvent } from "../contract/event.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** A message that a listener could not handle, and the reason. */
export interface DeadLetter {
  /** Its sequence in the stream of dead letters, which identifies it. */
  readonly sequence: number;
  /** The subject that the message was published to; of an event with partitions, with that of its key: `<subject>.p3`. */
  readonly subject: string;
  /** Payload of the message. */
  readonly data: Uint8Array;
  /** The payload parsed as JSON, `undefined` where it is no JSON object; not validated by a contract. */
  readonly event: Partial<GlamEvent> | undefined;
  /** Headers of the message. */
  readonly headers: MessageHeaders;
  /** When it became a dead letter. */
  readonly deadSince: Date;
  /** Stream of the message. */
  readonly stream: string | undefined;
  /** Sequence of the message in that stream. */
  readonly streamSequence: number | undefined;
  /** The durable consumer that wrote the dead letter. */
  readonly consumer: string | undefined;
  /** Message id of the first publication, where it had one: `<subject>:<idempotency key or event_id>`. */
  readonly messageId: string | undefined;
  /** Number of attempts; for a message that no handler was called with, its delivery count. */
  readonly attempts: number | undefined;
  /** Code of the last error. */
  readonly errorCode: string | undefined;
  /** Class of the last error. */
  readonly errorName: string | undefined;
  /** Message of the last error. */
  readonly errorMessage: string | undefined;
  /** Hash of the stack of the last error: equal for errors that were thrown at the same place. */
  readonly errorDigest: string | undefined;
  /** When the first attempt failed, where that is known. */
  readonly firstFailedAt: Date | undefined;
  /** When the last attempt failed. */
  readonly lastFailedAt: Date | undefined;
  /** How often the event was redriven before. */
  readonly redriveCount: number;
  /**
   * Whether its message still waits in its stream, in a listener with `onDeadLetter: "hold"`, and holds up its partition. A
   * redrive lets it be handled again in its place, a purge leaves it out.
   */
  readonly held: boolean;
  /**
   * Names of headers of the message that the dead letter lacks: those that cannot be written, such as a value with a line
   * break, or all of them where the dead letter would have been too large.
   */
  readonly omittedHeaders: readonly string[];
  /** Size of the payload in bytes where the dead letter lacks it, because it would have been too large; else 0. */
  readonly omittedBytes: number;
}

/** Selects dead letters: those that match every given member. */
export interface DeadLetterFilter {
  /** Sequence in the stream of dead letters. */
  readonly sequence?: number | undefined;
  /**
   * Subject of the message; the wildcards `*` (one token) and `>` (the rest) are allowed. The subject of an event with
   * partitions stands for all of them.
   */
  readonly subject?: string | undefined;
  /** The durable consumer that wrote the dead letter; without its partition it stands for those of all partitions. */
  readonly consumer?: string | undefined;
  /** Code of the last error. */
  readonly errorCode?: string | undefined;
  /** Digest of the last error. */
  readonly errorDigest?: string | undefined;
  /** Became a dead letter at this time or later. */
  readonly since?: Date | undefined;
  /** Became a dead letter before this time. */
  readonly until?: Date | undefined;
}

/** Options of {@link DeadLetters.list}. */
export interface DeadLetterListOptions {
  /**
   * Whether payloads are read. Without them `data` is empty and `event` is `undefined`, and the list is much faster where they
   * are large.
   * @default true
   */
  readonly payloads?: boolean | undefined;
  /** Ends the list when it aborts, with its reason as a rejection. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link DeadLetters.newest}. */
export interface NewestDeadLettersOptions {
  /**
   * Greatest number of dead letters, from 1.
   * @default 50
   */
  readonly limit?: number | undefined;
  /**
   * Only those before this sequence: the `before` of the page that was read last.
   * @default none
   */
  readonly before?: number | undefined;
  /**
   * Whether payloads are read; see {@link DeadLetterListOptions}.
   * @default true
   */
  readonly payloads?: boolean | undefined;
  /**
   * Selects among those that the filter matches.
   * @default all
   */
  readonly where?: ((letter: DeadLetter) => boolean) | undefined;
  /**
   * After which time to give what was found so far, in milliseconds. Rare ones among very many take longer.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined;
}

/** Dead letters, newest first. */
export interface DeadLetterPage {
  /** The dead letters. */
  readonly letters: readonly DeadLetter[];
  /** Where to go on, absent where all were read; a page may be empty and not the last one. */
  readonly before?: number;
}

/** Options of {@link DeadLetters.redrive}. */
export interface RedriveOptions {
  /**
   * Whether to only report what would be redriven; nothing is published or removed.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * Most events to publish in a second, greater than 0.
   * @default 100
   */
  readonly perSecond?: number | undefined;
  /** Called after each dead letter. */
  readonly onProgress?: ((progress: RedriveProgress) => void) | undefined;
  /** Stops the redrive when it aborts; the event being published is finished, the rest stays. */
  readonly signal?: AbortSignal | undefined;
}

/** Progress of a redrive. */
export interface RedriveProgress {
  /** Number of dead letters processed so far. */
  readonly done: number;
  /** Number of dead letters that the filter matched. */
  readonly total: number;
  /** The dead letter that was processed last. */
  readonly letter: DeadLetter;
}

/** Result of a redrive. */
export interface RedriveResult {
  /** How many dead letters the filter matched. */
  readonly matched: number;
  /** How many were published again and removed; for a dry run, how many would be. */
  readonly redriven: number;
  /** Dead letters that were processed but not redriven, each with the reason; they stay in the stream. */
  readonly kept: readonly { readonly sequence: number; readonly reason: string }[];
}

/** Access to the dead letters of a bus; see `createDeadLetters`. */
export interface DeadLetters {
  /** The number of dead letters. */
  count(): Promise<number>;
  /** The dead letters that `filter` selects, oldest first; those that are written meanwhile are left out. */
  list(filter?: DeadLetterFilter, options?: DeadLetterListOptions): AsyncIterableIterator<DeadLetter>;
  /** A page of the dead letters that `filter` selects, newest first. */
  newest(filter?: DeadLetterFilter, options?: NewestDeadLettersOptions): Promise<DeadLetterPage>;
  /** The dead letter with this sequence, or `undefined`. */
  show(sequence: number): Promise<DeadLetter | undefined>;
  /**
   * Publishes dead letters to their original subject again, in the original order, and removes each one after a stream has
   * stored it. An event with partitions goes to the one that its key has now; one that is `held` is not published: its listener
   * handles it again in its place. Every consumer of the subject receives the event again. A failure of the broker ends the redrive, so that the
   * order is kept.
   *
   * @throws {TypeError} when the filter has no member; pass `"all"` for all.
   * @throws {MessageBusError} when the dead letters cannot be read.
   * @throws {RangeError} when `perSecond` is not greater than 0.
   */
  redrive(filter: DeadLetterFilter | "all", options?: RedriveOptions): Promise<RedriveResult>;
  /**
   * Removes dead letters for good. Resolves to their number. The event of one that is `held` is left out by its listener,
   * which goes on with the later ones.
   *
   * @throws {TypeError} when the filter has no member; pass `"all"` for all.
   * @throws {MessageBusError} when the broker cannot be asked.
   */
  purge(filter: DeadLetterFilter | "all"): Promise<number>;
}
