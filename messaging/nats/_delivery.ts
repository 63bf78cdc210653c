import type { Msg } from "@nats-io/nats-core";
import { readHeaders } from "./_message.ts";
import type { Delivery } from "../bus/consumer.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** What a delivery needs from its bus. */
export interface DeliveryPort {
  /** Queues an acknowledgement. */
  answer(subject: string, payload?: string): void;
  /** Acknowledges, and waits for the server's confirmation. */
  confirm(subject: string, timeoutMs: number, stream: string): Promise<void>;
}

/**
 * A message delivered by a consumer. Its reply subject holds its metadata:
 * `$JS.ACK.<stream>.<consumer>.<delivery count>.<sequence>.<sequence of the consumer>.<time>.<pending>`.
 */
export class NatsDelivery implements Delivery {
  readonly #message: Msg;
  readonly #port: DeliveryPort;
  #settled = false;
  #parts: string[] | undefined;
  #headers: MessageHeaders | undefined;

  constructor(message: Msg, port: DeliveryPort) {
    this.#message = message;
    this.#port = port;
  }

  /** Token `index` of the reply subject; the form with a domain has two more tokens before the stream. */
  #part(index: number): string {
    const parts = this.#parts ??= this.#message.reply!.split(".");
    return parts[parts.length > 9 ? index + 2 : index]!;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  get headers(): MessageHeaders {
    return this.#headers ??= readHeaders(this.#message);
  }

  get stream(): string {
    return this.#part(2);
  }

  get consumer(): string {
    return this.#part(3);
  }

  get deliveryCount(): number {
    return Number(this.#part(4));
  }

  get sequence(): number {
    return Number(this.#part(5));
  }

  get timeNanos(): bigint {
    return BigInt(this.#part(7));
  }

  get pending(): number {
    return Number(this.#part(8));
  }

  ack(): void {
    if (this.#settle()) this.#port.answer(this.#message.reply!);
  }

  ackConfirmed(timeoutMs = 5000): Promise<void> {
    this.#settled = true;
    return this.#port.confirm(this.#message.reply!, timeoutMs, this.stream);
  }

  nak(delayMs = 0): void {
    if (!this.#settle()) return;
    const delay = Math.round(delayMs * 1e6);
    this.#port.answer(this.#message.reply!, delay > 0 ? `-NAK {"delay":${delay}}` : "-NAK");
  }

  inProgress(): void {
    if (!this.#settled) this.#port.answer(this.#message.reply!, "+WPI");
  }

  term(): void {
    // Without a reason: servers before 2.10.4 would deliver the message again.
    if (this.#settle()) this.#port.answer(this.#message.reply!, "+TERM");
  }

  #settle(): boolean {
    return !this.#settled && (this.#settled = true);
  }
}
