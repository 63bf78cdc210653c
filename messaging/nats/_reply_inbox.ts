import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { busError, type BusErrorPlace } from "../bus/_bus_error.ts";

const SWEEP_MS = 50;

interface PendingRequest {
  readonly subject: string;
  readonly onReply: (message: Msg) => void;
  readonly onFailure: (error: Error) => void;
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly doing: string;
  readonly place: BusErrorPlace;
  /** Whether more than one reply may come. */
  readonly isOpen: boolean;
}

/**
 * Sends requests whose replies come to one shared subscription: one map entry per request, and one timer for all of
 * them. The client's own `request` creates a timer, several promises and a stack trace each time, which costs more than the
 * rest of publishing.
 */
export class NatsInbox {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #pending = new Map<string, PendingRequest>();
  #count = 0;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #onIdle: (() => void) | undefined;
  /** Whether the server has refused the subscription: then no reply can arrive. */
  #isRefused = false;

  constructor(connection: NatsConnection, inbox: string) {
    this.#connection = connection;
    this.#prefix = `${inbox}.`;
    this.#subscribe();
  }

  #subscribe(): void {
    this.#isRefused = false;
    this.#connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (error === null) return this.#onReply(message);
        this.#isRefused = true;
        this.#failWhere(() => true, ({ doing, place }) => this.#refusal(doing, place));
      },
    });
  }

  /** Subscribes again where the server has refused it: it may permit it after a reconnect. */
  reconnected(): void {
    if (this.#isRefused) this.#subscribe();
  }

  #refusal(doing: string, place: BusErrorPlace): Error {
    const why = `these credentials may not subscribe to "${this.#prefix}*", where replies arrive`;
    return busError("refused", `${doing}: ${why}; set \`inboxPrefix\` to a prefix that they may`, place);
  }

  /**
   * Sends a request, and calls either `onReply` or `onFailure`, once; with `isOpen` it calls `onReply` for each reply, until
   * it is forgotten or fails. Returns its token, for {@link NatsInbox.forget}.
   */
  send(
    subject: string,
    data: Uint8Array | string,
    headers: { encode(): Uint8Array } | undefined,
    timeoutMs: number,
    doing: string,
    place: BusErrorPlace,
    onReply: (message: Msg) => void,
    onFailure: (error: Error) => void,
    isOpen = false,
  ): string {
    if (this.#isRefused) throw this.#refusal(doing, place);
    const token = (this.#count++).toString(36);
    const reply = this.#prefix + token;
    const options = headers === undefined ? { reply } : { reply, headers };
    this.#connection.publish(subject, data, options as Parameters<NatsConnection["publish"]>[2]);
    this.#pending.set(token, {
      subject,
      onReply,
      onFailure,
      deadline: Date.now() + timeoutMs,
      timeoutMs,
      doing,
      place,
      isOpen,
    });
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return token;
  }

  /** Drops a request: neither of its callbacks is called any more. */
  forget(token: string): void {
    this.#pending.delete(token);
    if (this.#pending.size === 0) this.#tellIdle();
  }

  /** Fails every pending request, since no reply will come. */
  failAll(reason: string): void {
    this.#failWhere(
      () => true,
      ({ doing, place }) => busError("unavailable", `${doing}: ${reason}`, place),
    );
  }

  /** Fails the pending requests to a subject that the server does not permit these credentials to publish to. */
  refuse(subject: string): void {
    const why = "these credentials do not permit it";
    this.#failWhere(
      (request) => request.subject === subject,
      ({ doing, place }) => busError("refused", `${doing}: ${why}`, place),
    );
  }

  #failWhere(
    isMeant: (request: PendingRequest) => boolean,
    toError: (request: PendingRequest) => Error,
  ): void {
    for (const [token, request] of this.#pending) {
      if (!isMeant(request)) continue;
      this.#pending.delete(token);
      request.onFailure(toError(request));
    }
    if (this.#pending.size === 0) this.#tellIdle();
  }

  /** Resolves when no request is pending. */
  settled(): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle = resolve);
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#sweeper);
  }

  #onReply(message: Msg): void {
    const token = message.subject.slice(this.#prefix.length);
    const request = this.#pending.get(token);
    if (request === undefined) return;
    if (!request.isOpen) this.#pending.delete(token);
    request.onReply(message);
    if (this.#pending.size === 0) this.#tellIdle();
  }

  /** Fails requests that are past their deadline. The timer stops only when a run finds nothing pending: that is cheaper. */
  #sweep(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
      return;
    }
    const now = Date.now();
    this.#failWhere(
      ({ deadline }) => deadline <= now,
      ({ doing, timeoutMs, place }) =>
        busError("timeout", `${doing}: no answer within ${timeoutMs} ms`, place),
    );
  }

  #tellIdle(): void {
    this.#onIdle?.();
    this.#onIdle = undefined;
  }
}

/** Whether a reply is the server's status 503: nobody subscribes to the subject. */
export function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
