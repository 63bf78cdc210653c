import type { MessageHeaders } from "./message_headers.ts";

/** Configuration of a stream. A limit that is left out is not set. */
export interface StreamConfig {
  /** Name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Subjects whose messages the stream stores; `*` stands for one token, `>` for all that follow. */
  readonly subjects: readonly string[];
  /** Age limit of a message in milliseconds. */
  readonly maxAgeMs?: number | undefined;
  /** Limit on the number of messages. */
  readonly maxMessages?: number | undefined;
  /** Limit on the size of the stream in bytes. */
  readonly maxBytes?: number | undefined;
  /** Size limit of a message in bytes, headers included. */
  readonly maxMessageBytes?: number | undefined;
  /**
   * What happens at a limit: `old` drops the oldest message, `new` refuses the newest.
   * @default "old"
   */
  readonly discard?: "new" | "old" | undefined;
  /**
   * Duplicate window in milliseconds: for how long the stream remembers a message id.
   * @default 120000, or `maxAgeMs` where that is less
   */
  readonly duplicateWindowMs?: number | undefined;
  /**
   * Where messages are stored.
   * @default "file"
   */
  readonly storage?: "file" | "memory" | undefined;
  /**
   * On how many nodes of a cluster the stream is kept: 1, 3 or 5.
   * @default 1
   */
  readonly replicas?: number | undefined;
  /**
   * Compression of stored messages; needs nats-server 2.10.
   * @default "none"
   */
  readonly compression?: "none" | "s2" | undefined;
  /**
   * Whether a message may have an age limit of its own (`ttlMs`); needs nats-server 2.11.
   * @default false
   */
  readonly allowMessageTtl?: boolean | undefined;
}

/** Configuration and state of a stream. */
export interface StreamInfo {
  /** Its configuration, with every default filled in. */
  readonly config: StreamConfig;
  /** Number of messages. */
  readonly messages: number;
  /** Bytes of the messages. */
  readonly bytes: number;
  /** Sequence of the oldest message; `lastSequence + 1` when the stream is empty. */
  readonly firstSequence: number;
  /** Sequence of the newest message, 0 before the first. */
  readonly lastSequence: number;
  /** Number of consumers. */
  readonly consumers: number;
  /**
   * Tells it from a stream of the same name that was there before it, such as when the broker made it; absent where the bus
   * does not tell. A listener starts anew with another stream.
   */
  readonly created?: string | undefined;
}

/** Options of `ensureStream`. */
export interface EnsureStreamOptions {
  /**
   * Whether to update a stream whose configuration differs. Missing subjects are added without it, and no subject is ever
   * removed.
   * @default false
   */
  readonly repair?: boolean | undefined;
}

/** The result of `ensureStream`. */
export interface StreamReport {
  /** Whether the stream was created, updated, or left unchanged. */
  readonly outcome: "created" | "unchanged" | "updated";
  /** Descriptions of the remaining differences, such as `max_age is 1h, expected 24h`. */
  readonly drift: readonly string[];
}

/** A message stored in a stream. */
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

/** Selects a message of a stream. */
export type MessageQuery =
  /** The message with exactly this sequence. */
  | { readonly sequence: number }
  /** The first message from a sequence on, whose subject matches. */
  | { readonly from: number; readonly subject?: string | undefined };

/** Which messages of a stream to count. */
export interface MessageRange {
  /** Only those from this sequence on. */
  readonly from: number;
  /** Only those whose subject matches. */
  readonly subject: string;
}

/** Which messages of a stream to read, and what of them. */
export interface ReadMessagesOptions {
  /** Only those from this sequence on. */
  readonly from: number;
  /**
   * Only those up to this sequence.
   * @default the last of the stream when reading begins
   */
  readonly to?: number | undefined;
  /**
   * Only those whose subject matches.
   * @default ">"
   */
  readonly subject?: string | undefined;
  /**
   * Whether payloads are left out. Their size is then in the header `Nats-Msg-Size`.
   * @default false
   */
  readonly headersOnly?: boolean | undefined;
  /** Ends reading when it aborts: the next message is a rejection with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `purgeStream`. */
export interface PurgeOptions {
  /**
   * Deletes only messages whose subject matches this filter.
   * @default ">"
   */
  readonly subject?: string | undefined;
  /** Deletes only messages before this sequence. */
  readonly before?: number | undefined;
}
