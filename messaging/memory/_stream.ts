import { busError } from "../bus/_bus_error.ts";
import { subjectMatcher } from "../contract/_subject.ts";
import type { Clock } from "../bus/clock.ts";
import type { OutgoingMessage, PublishAck } from "../bus/message_bus.ts";
import { MessageHeaders } from "../bus/message_headers.ts";
import type {
  MessageQuery,
  MessageRange,
  PurgeOptions,
  ReadMessagesOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
} from "../bus/stream.ts";

/** A stored message, and the bytes that it counts for. */
export class MemoryMessage implements StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly timeMs: number;
  readonly headers: MessageHeaders;
  readonly data: Uint8Array;
  readonly bytes: number;

  constructor(
    { subject }: OutgoingMessage,
    sequence: number,
    timeMs: number,
    headers: MessageHeaders,
    data: Uint8Array,
    bytes: number,
  ) {
    this.subject = subject;
    this.sequence = sequence;
    this.timeMs = timeMs;
    this.headers = headers;
    this.data = data;
    this.bytes = bytes;
  }

  get timeNanos(): bigint {
    return BigInt(Math.round(this.timeMs)) * 1_000_000n;
  }
}

const UTF8 = new TextEncoder();

/** The part of a consumer that its stream calls. */
export interface StreamConsumer {
  /** Called after a message was stored. */
  onStored(message: MemoryMessage): void;
  /** Called after a message was removed. */
  onRemoved(message: MemoryMessage): void;
}

/** A stream in memory that follows the rules of JetStream. */
export class MemoryStream<Consumer extends StreamConsumer = StreamConsumer> {
  config: StreamConfig;
  readonly consumers: Map<string, Consumer> = new Map<string, Consumer>();
  lastSequence = 0;
  readonly #created = crypto.randomUUID();
  readonly #clock: Clock;
  /** Messages by sequence, from `#base` on; an array, because a map of a million entries is slow. */
  #messages: (MemoryMessage | undefined)[] = [];
  #base = 1;
  #count = 0;
  readonly #ids = new Map<string, { readonly sequence: number; readonly at: number }>();
  #matchers: ((subject: string) => boolean)[] = [];
  #firstSequence = 1;
  #bytes = 0;
  /** When the next message id or message expires, in milliseconds since 1970; before that `expire` has nothing to do. */
  #nextExpiry = Infinity;

  constructor(config: StreamConfig, clock: Clock) {
    this.#clock = clock;
    this.config = config;
    this.configure(config);
  }

  configure(config: StreamConfig): void {
    this.config = config;
    this.#matchers = config.subjects.map(subjectMatcher);
    this.#nextExpiry = 0; // the limits may have changed
    this.#trim();
  }

  covers(subject: string): boolean {
    for (const matches of this.#matchers) if (matches(subject)) return true;
    return false;
  }

  get(sequence: number): MemoryMessage | undefined {
    return this.#messages[sequence - this.#base];
  }

  get firstSequence(): number {
    this.expire();
    return this.#firstSequence;
  }

  store(message: OutgoingMessage, data: Uint8Array, headers: MessageHeaders, bytes: number): PublishAck {
    const { name, maxMessageBytes, discard, maxAgeMs = Infinity } = this.config;
    const { subject, id } = message;
    if (maxMessageBytes !== undefined && bytes > maxMessageBytes) {
      throw busError("too_large", `Cannot publish "${subject}": ${bytes} bytes are more than ${name} takes`, {
        operation: "publish",
        stream: name,
        subject,
      });
    }
    this.expire();
    if (id !== undefined) {
      const known = this.#ids.get(id);
      if (known !== undefined) return { stream: name, seq: known.sequence, duplicate: true };
    }
    if (discard === "new" && this.#isFull(bytes)) {
      throw busError("stream_full", `Cannot publish "${subject}": ${name} is full`, {
        operation: "publish",
        stream: name,
        subject,
      });
    }
    const now = this.#clock.now();
    const sequence = ++this.lastSequence;
    const stored = new MemoryMessage(message, sequence, now, headers, data, bytes);
    this.#messages.push(stored);
    this.#count++;
    this.#bytes += bytes;
    if (id !== undefined) this.#ids.set(id, { sequence, at: now });
    if (this.#nextExpiry === Infinity) this.#nextExpiry = now + Math.min(this.#windowMs, maxAgeMs);
    for (const consumer of this.consumers.values()) consumer.onStored(stored);
    this.#trim();
    return { stream: name, seq: sequence, duplicate: false };
  }

  #isFull(bytes: number): boolean {
    const { maxMessages = Infinity, maxBytes = Infinity } = this.config;
    return this.#count + 1 > maxMessages || this.#bytes + bytes > maxBytes;
  }

  get #windowMs(): number {
    const { maxAgeMs = Infinity, duplicateWindowMs = DUPLICATE_WINDOW_MS } = this.config;
    return Math.min(duplicateWindowMs, maxAgeMs);
  }

  /** Drops messages older than `maxAgeMs`, and message ids whose duplicate window has passed. */
  expire(): void {
    const now = this.#clock.now();
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Infinity;
    const windowMs = this.#windowMs;
    for (const [id, { at }] of this.#ids) {
      if (now - at < windowMs) {
        this.#nextExpiry = at + windowMs;
        break;
      }
      this.#ids.delete(id);
    }
    const { maxAgeMs } = this.config;
    if (maxAgeMs === undefined) return;
    for (let sequence = this.#firstSequence; sequence <= this.lastSequence; sequence++) {
      const message = this.get(sequence);
      if (message === undefined) continue;
      if (now - message.timeMs < maxAgeMs) {
        this.#nextExpiry = Math.min(this.#nextExpiry, message.timeMs + maxAgeMs);
        break;
      }
      this.remove(message.sequence);
    }
  }

  #trim(): void {
    const { maxMessages = Infinity, maxBytes = Infinity } = this.config;
    while (this.#count > maxMessages || (this.#bytes > maxBytes && this.#count > 0)) {
      this.remove(this.#firstSequence);
    }
  }

  remove(sequence: number): boolean {
    const message = this.get(sequence);
    if (message === undefined) return false;
    this.#messages[sequence - this.#base] = undefined;
    this.#count--;
    this.#bytes -= message.bytes;
    if (sequence === this.#firstSequence) {
      while (this.#firstSequence <= this.lastSequence && this.get(this.#firstSequence) === undefined) {
        this.#firstSequence++;
      }
      this.#compact();
    }
    for (const consumer of this.consumers.values()) consumer.onRemoved(message);
    return true;
  }

  /** Shrinks the array once more than half of it belongs to removed messages. */
  #compact(): void {
    const gone = this.#firstSequence - this.#base;
    if (gone < 1024 || gone * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(gone);
    this.#base = this.#firstSequence;
  }

  read(query: MessageQuery): StoredMessage | undefined {
    this.expire();
    if ("sequence" in query) return this.get(query.sequence);
    const matches = subjectMatcher(query.subject ?? ">");
    for (
      let sequence = Math.max(query.from, this.#firstSequence);
      sequence <= this.lastSequence;
      sequence++
    ) {
      const message = this.get(sequence);
      if (message !== undefined && matches(message.subject)) return message;
    }
    return undefined;
  }

  /** The messages of a range, in order. */
  *range(
    { from, to, subject = ">", headersOnly = false }: ReadMessagesOptions,
  ): Generator<StoredMessage, void> {
    this.expire();
    const matches = subjectMatcher(subject);
    const last = Math.min(to ?? Infinity, this.lastSequence);
    for (let sequence = Math.max(from, this.#firstSequence); sequence <= last; sequence++) {
      const message = this.get(sequence);
      if (message !== undefined && matches(message.subject)) {
        yield headersOnly ? withoutPayload(message) : message;
      }
    }
  }

  count({ from, subject }: MessageRange): number {
    this.expire();
    const matches = subjectMatcher(subject);
    let count = 0;
    for (let sequence = Math.max(from, this.#firstSequence); sequence <= this.lastSequence; sequence++) {
      const message = this.get(sequence);
      if (message !== undefined && matches(message.subject)) count++;
    }
    return count;
  }

  /** The number of messages of each subject. */
  subjects(): Map<string, number> {
    this.expire();
    const counts = new Map<string, number>();
    for (let sequence = this.#firstSequence; sequence <= this.lastSequence; sequence++) {
      const message = this.get(sequence);
      if (message !== undefined) counts.set(message.subject, (counts.get(message.subject) ?? 0) + 1);
    }
    return counts;
  }

  purge({ subject = ">", before = Infinity }: PurgeOptions): number {
    this.expire();
    const matches = subjectMatcher(subject);
    let removed = 0;
    for (let sequence = this.#firstSequence; sequence <= this.lastSequence && sequence < before; sequence++) {
      const message = this.get(sequence);
      if (message !== undefined && matches(message.subject) && this.remove(sequence)) removed++;
    }
    return removed;
  }

  info(): StreamInfo {
    this.expire();
    return {
      config: this.config,
      messages: this.#count,
      bytes: this.#bytes,
      firstSequence: this.#firstSequence,
      lastSequence: this.lastSequence,
      created: this.#created,
      consumers: this.consumers.size,
    };
  }
}

/** As JetStream delivers it to a consumer of headers. */
function withoutPayload({ subject, sequence, timeNanos, headers, data }: MemoryMessage): StoredMessage {
  const size = ["Nats-Msg-Size", String(data.length)] as const;
  return {
    subject,
    sequence,
    timeNanos,
    headers: new MessageHeaders([...headers, size]),
    data: data.subarray(0, 0),
  };
}

const DUPLICATE_WINDOW_MS = 120_000;

/** A payload as bytes, copied so that the caller cannot change them. */
export function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? UTF8.encode(data) : data.slice();
}
