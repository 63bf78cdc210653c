import type { MessageHeaders } from "./message_headers.ts";

/** How a stream keeps messages. Limits that are left out are not set. */
export interface StreamConfig {
  /** Name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Subjects whose messages the stream stores; `*` stands for one token, `>` for all that follow. */
  readonly subjects: readonly string[];
  /** Age at which a message is dropped. */
  readonly maxAgeMs?: number | undefined;
  /** Number of messages the stream holds. */
  readonly maxMessages?: number | undefined;
  /** Bytes the stream holds. */
  readonly maxBytes?: number | undefined;
  /** Bytes of the largest message, headers included. */
  readonly maxMessageBytes?: number | undefined;
  /**
   * What happens at a limit: `old` drops the oldest message, `new` refuses the new one.
   * @default "old"
   */
  readonly discard?: "new" | "old" | undefined;
  /**
   * For how long a message id is remembered.
   * @default 120000, or `maxAgeMs` where that is less
   */
  readonly duplicateWindowMs?: number | undefined;
  /**
   * Where messages are kept.
   * @default "file"
   */
  readonly storage?: "file" | "memory" | undefined;
  /**
   * On how many nodes of a cluster.
   * @default 1
   */
  readonly replicas?: number | undefined;
  /**
   * Compression of what is stored; needs nats-server 2.10.
   * @default "none"
   */
  readonly compression?: "none" | "s2" | undefined;
  /**
   * Whether messages may have an age limit of their own; needs nats-server 2.11.
   * @default false
   */
  readonly allowMessageTtl?: boolean | undefined;
}

/** What a stream is and holds. */
export interface StreamInfo {
  /** Its configuration, with every default filled in. */
  readonly config: StreamConfig;
  /** Number of messages. */
  readonly messages: number;
  /** Bytes of the messages. */
  readonly bytes: number;
  /** Sequence of the oldest message; one more than the last where there is none. */
  readonly firstSequence: number;
  /** Sequence of the newest message, 0 before the first. */
  readonly lastSequence: number;
  /** Number of consumers. */
  readonly consumers: number;
}

/** Options of `ensureStream`. */
export interface EnsureStreamOptions {
  /**
   * Whether to change a stream that differs from what it should be. Subjects are widened without it: a stream never
   * loses a subject.
   * @default false
   */
  readonly repair?: boolean | undefined;
}

/** What `ensureStream` found and did. */
export interface StreamReport {
  /** `created` where there was none, `updated` where it was changed, else `unchanged`. */
  readonly outcome: "created" | "unchanged" | "updated";
  /** What still differs, in words: `max_age is 1h, expected 24h`. */
  readonly drift: readonly string[];
}

/** A message as a stream stores it. */
export interface StoredMessage {
  /** Subject it was published to. */
  readonly subject: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** When the stream stored it, in nanoseconds since 1970. */
  readonly timeNanos: bigint;
  /** Headers. */
  readonly headers: MessageHeaders;
  /** Payload. */
  readonly data: Uint8Array;
}

/** Which message of a stream to read. */
export type MessageQuery =
  /** The message with exactly this sequence. */
  | { readonly sequence: number }
  /** The first message from a sequence on, whose subject matches. */
  | { readonly from: number; readonly subject?: string | undefined };

/** Which messages of a stream to remove. */
export interface PurgeOptions {
  /**
   * Only those whose subject matches.
   * @default ">"
   */
  readonly subject?: string | undefined;
  /** Only those before this sequence. */
  readonly before?: number | undefined;
}
