import { busError } from "./_bus_error.ts";
import type { MemoryConsumer } from "./_memory_consumer.ts";
import { subjectMatcher } from "./_subject.ts";
import type { Clock } from "./clock.ts";
import type { OutgoingMessage, PublishAck } from "./message_bus.ts";
import type { MessageHeaders } from "./message_headers.ts";
import type { MessageQuery, PurgeOptions, StoredMessage, StreamConfig, StreamInfo } from "./stream.ts";

/** A message, and the bytes it counts for. */
export interface MemoryMessage extends StoredMessage {
  readonly timeMs: number;
  readonly bytes: number;
}

const UTF8 = new TextEncoder();

/** A stream with its messages in this process, to the rules of JetStream. */
export class MemoryStream {
  config: StreamConfig;
  readonly consumers: Map<string, MemoryConsumer> = new Map<string, MemoryConsumer>();
  lastSequence = 0;
  readonly #clock: Clock;
  readonly #messages = new Map<number, MemoryMessage>();
  readonly #ids = new Map<string, { readonly sequence: number; readonly at: number }>();
  #matchers: ((subject: string) => boolean)[] = [];
  #firstSequence = 1;
  #bytes = 0;

  constructor(config: StreamConfig, clock: Clock) {
    this.#clock = clock;
    this.config = config;
    this.configure(config);
  }

  configure(config: StreamConfig): void {
    this.config = config;
    this.#matchers = config.subjects.map(subjectMatcher);
    this.#trim();
  }

  covers(subject: string): boolean {
    for (const matches of this.#matchers) if (matches(subject)) return true;
    return false;
  }

  get(sequence: number): MemoryMessage | undefined {
    return this.#messages.get(sequence);
  }

  get firstSequence(): number {
    this.expire();
    return this.#firstSequence;
  }

  store(message: OutgoingMessage, data: Uint8Array, headers: MessageHeaders, bytes: number): PublishAck {
    const { name, maxMessageBytes, discard } = this.config;
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
    const stored = {
      subject,
      sequence,
      timeMs: now,
      timeNanos: BigInt(now) * 1_000_000n,
      headers,
      data,
      bytes,
    };
    this.#messages.set(sequence, stored);
    this.#bytes += bytes;
    if (id !== undefined) this.#ids.set(id, { sequence, at: now });
    for (const consumer of this.consumers.values()) consumer.onStored(stored);
    this.#trim();
    return { stream: name, seq: sequence, duplicate: false };
  }

  #isFull(bytes: number): boolean {
    const { maxMessages = Infinity, maxBytes = Infinity } = this.config;
    return this.#messages.size + 1 > maxMessages || this.#bytes + bytes > maxBytes;
  }

  /** Drops what is too old, and forgets ids whose window has passed. */
  expire(): void {
    const now = this.#clock.now();
    const { maxAgeMs, duplicateWindowMs = DUPLICATE_WINDOW_MS } = this.config;
    const windowMs = Math.min(duplicateWindowMs, maxAgeMs ?? Infinity);
    for (const [id, { at }] of this.#ids) {
      if (now - at < windowMs) break;
      this.#ids.delete(id);
    }
    if (maxAgeMs === undefined) return;
    for (const message of this.#messages.values()) {
      if (now - message.timeMs < maxAgeMs) break;
      this.remove(message.sequence);
    }
  }

  #trim(): void {
    const { maxMessages = Infinity, maxBytes = Infinity } = this.config;
    while (this.#messages.size > maxMessages || (this.#bytes > maxBytes && this.#messages.size > 0)) {
      this.remove(this.#firstSequence);
    }
  }

  remove(sequence: number): boolean {
    const message = this.#messages.get(sequence);
    if (message === undefined) return false;
    this.#messages.delete(sequence);
    this.#bytes -= message.bytes;
    if (sequence === this.#firstSequence) {
      do this.#firstSequence++; while (
        this.#firstSequence <= this.lastSequence && !this.#messages.has(this.#firstSequence)
      );
    }
    for (const consumer of this.consumers.values()) consumer.onRemoved(message);
    return true;
  }

  read(query: MessageQuery): StoredMessage | undefined {
    this.expire();
    if ("sequence" in query) return this.#messages.get(query.sequence);
    const matches = subjectMatcher(query.subject ?? ">");
    for (
      let sequence = Math.max(query.from, this.#firstSequence);
      sequence <= this.lastSequence;
      sequence++
    ) {
      const message = this.#messages.get(sequence);
      if (message !== undefined && matches(message.subject)) return message;
    }
    return undefined;
  }

  purge({ subject = ">", before = Infinity }: PurgeOptions): number {
    this.expire();
    const matches = subjectMatcher(subject);
    let removed = 0;
    for (const message of this.#messages.values()) {
      if (message.sequence >= before) break;
      if (matches(message.subject) && this.remove(message.sequence)) removed++;
    }
    return removed;
  }

  info(): StreamInfo {
    this.expire();
    return {
      config: this.config,
      messages: this.#messages.size,
      bytes: this.#bytes,
      firstSequence: this.#firstSequence,
      lastSequence: this.lastSequence,
      consumers: this.consumers.size,
    };
  }
}

const DUPLICATE_WINDOW_MS = 120_000;

/** A payload as bytes that nobody else holds. */
export function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? UTF8.encode(data) : data.slice();
}
