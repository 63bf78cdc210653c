import { makeCorrelationId, makeRequestId } from "../../context/ids.ts";
import type { RequestContext } from "../../context/request_context.ts";
import type { Sql } from "../../db/sql.ts";
import { UNREAD, type UnreadContext } from "../../context/trace.ts";
import { isWellFormedId } from "../../context/ids.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Delivery } from "../bus/consumer.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { EventArguments, MessageDetails } from "./options.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";
import type { HeldMessage } from "./_held_message.ts";

/** The arguments of one call of the handler. Members that few handlers read are created when they are read. */
export class Invocation implements EventArguments {
  readonly event: GlamEvent;
  readonly data: unknown;
  readonly context: EventContext;
  readonly attempt: number;
  readonly deps: unknown;
  /** The transaction of the inbox, once it is open. */
  tx: Sql | undefined = undefined;
  readonly #held: HeldMessage;
  readonly #logger: LoggerLike;

  constructor(held: HeldMessage, event: GlamEvent, service: string, deps: unknown, logger: LoggerLike) {
    this.#held = held;
    this.#logger = logger;
    this.event = event;
    this.data = event.data;
    this.attempt = held.failures + 1;
    this.deps = deps;
    this.context = new EventContext(held, event, service);
  }

  /** Whether the handler was called; with an inbox that happens once its transaction is open. */
  get hasBegun(): boolean {
    return this.tx !== undefined;
  }

  begin(tx: Sql): void {
    this.tx = tx;
  }

  get headers(): MessageHeaders {
    return this.#held.delivery.headers;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  get log(): LoggerLike {
    const { event: { event_id, event_type }, attempt } = this;
    const { child } = this.#logger as LoggerLike & { child?(fields: object): LoggerLike };
    return child === undefined ? this.#logger : child.call(this.#logger, { event_type, event_id, attempt });
  }

  get message(): MessageDetails {
    return detailsOf(this.#held.delivery);
  }

  /** Aborts the handler's signal, now or when it is first asked for. */
  abort(reason: unknown): void {
    this.context.abort(reason);
  }
}

/** Position and delivery count of a message. */
export function detailsOf(delivery: Delivery): MessageDetails {
  const { subject, stream, sequence, consumer, deliveryCount, timeNanos } = delivery;
  return { subject, stream, sequence, consumer, deliveryCount, storedAt: Number(timeNanos / 1_000_000n) };
}

/** The request context of an event: correlation id and trace of its publisher, with a new request id. */
class EventContext implements RequestContext {
  requestId: string = makeRequestId();
  correlationId: string;
  traceparent: string | undefined = undefined;
  tracestate: string | undefined = undefined;
  baggage: string | undefined = undefined;
  service: string;
  sourceService: string | undefined;
  method: string | undefined = undefined;
  path: string | undefined = undefined;
  merchantId: string | undefined = undefined;
  merchantDomain: string | undefined = undefined;
  userId: string | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #aborted: { readonly reason: unknown } | undefined = undefined;

  constructor(held: HeldMessage, event: GlamEvent, service: string) {
    (this as RequestContext as UnreadContext)[UNREAD] = held; // its trace headers are parsed when they are first read
    this.correlationId = correlationOf(event, held);
    this.service = service;
    this.sourceService = event.source_service ?? undefined;
  }

  /**
   * Releases the message after its handler has ended. Work that the handler left running, such as a shared connection,
   * keeps this context alive, and would keep the message in memory. The ids stay, and so does the trace where it was read.
   */
  release(): void {
    (this as RequestContext as UnreadContext)[UNREAD] = undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}

function correlationOf(event: GlamEvent, held: HeldMessage): string {
  const { correlation_id: top, metadata } = event;
  if (typeof top === "string" && isWellFormedId(top)) return top;
  for (const id of [metadata["correlation_id"], held.get("X-Correlation-ID")]) {
    if (typeof id === "string" && isWellFormedId(id)) return id;
  }
  return makeCorrelationId();
}
