import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { busError, type BusErrorPlace } from "../bus/_bus_error.ts";

const SWEEP_MS = 50;

interface Waiting {
  readonly onReply: (message: Msg) => void;
  readonly onFailure: (error: Error) => void;
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly doing: string;
  readonly place: BusErrorPlace;
}

/**
 * Requests whose replies come to one subscription of our own: a map entry for each, and one timer for all. The client's
 * `request` makes a timer, several promises and a stack trace for each, which takes longer than everything else that
 * publishing does.
 */
export class NatsInbox {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(connection: NatsConnection, inbox: string) {
    this.#connection = connection;
    this.#prefix = `${inbox}.`;
    connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#onReply(message);
      },
    });
  }

  /** Sends a message, and calls one of the two functions of `waiting`, once. */
  send(
    subject: string,
    data: Uint8Array | string,
    headers: { encode(): Uint8Array } | undefined,
    timeoutMs: number,
    doing: string,
    place: BusErrorPlace,
    onReply: (message: Msg) => void,
    onFailure: (error: Error) => void,
  ): string {
    const token = (this.#count++).toString(36);
    const reply = this.#prefix + token;
    const options = headers === undefined ? { reply } : { reply, headers };
    this.#connection.publish(subject, data, options as Parameters<NatsConnection["publish"]>[2]);
    this.#waiting.set(token, {
      onReply,
      onFailure,
      deadline: Date.now() + timeoutMs,
      timeoutMs,
      doing,
      place,
    });
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return token;
  }

  /** Forgets a request: neither of its functions is called any more. */
  forget(token: string): void {
    this.#waiting.delete(token);
    if (this.#waiting.size === 0) this.#tellIdle();
  }

  /** Fails everything that waits, since no reply will come. */
  failAll(reason: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#tellIdle();
    for (const { onFailure, doing, place } of waiting) {
      onFailure(busError("unavailable", `${doing}: ${reason}`, place));
    }
  }

  /** Fails what waits for an answer to a subject that these credentials may not publish to: none will come. */
  refuse(subject: string): void {
    for (const [token, { onFailure, doing, place }] of this.#waiting) {
      if (place.subject !== subject) continue;
      this.#waiting.delete(token);
      onFailure(busError("refused", `${doing}: these credentials do not permit it`, place));
    }
    if (this.#waiting.size === 0) this.#tellIdle();
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    return this.#waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle = resolve);
  }

  /** Stops its timer. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #onReply(message: Msg): void {
    const token = message.subject.slice(this.#prefix.length);
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    this.#waiting.delete(token);
    waiting.onReply(message);
    if (this.#waiting.size === 0) this.#tellIdle();
  }

  /** Fails what has waited too long. The timer ends when it finds nothing: to start and stop it each time costs more. */
  #sweep(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
      return;
    }
    const now = Date.now();
    for (const [token, { deadline, onFailure, doing, timeoutMs, place }] of this.#waiting) {
      if (deadline > now) continue;
      this.#waiting.delete(token);
      onFailure(busError("timeout", `${doing}: no answer within ${timeoutMs} ms`, place));
    }
    if (this.#waiting.size === 0) this.#tellIdle();
  }

  #tellIdle(): void {
    this.#onIdle?.();
    this.#onIdle = undefined;
  }
}

/** Whether a reply says that nobody listens to the subject. */
export function saysNobody(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
