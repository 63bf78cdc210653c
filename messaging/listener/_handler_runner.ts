import type { RequestContext } from "../../context/request_context.ts";
import { enterContext } from "../../context/storage.ts";
import { joinActiveSpan, type UnreadContext } from "../../context/trace.ts";
import { DeadlineExceeded } from "../../internal/clock.ts";
import { decodeEvent } from "../contract/event.ts";
import { startConsumerSpan } from "./_consumer_span.ts";
import type { ListenerCore } from "./_core.ts";
import { DUPLICATE, handleOnce, NotTried } from "./_handle_once.ts";
import type { HeldMessage } from "./_held_message.ts";
import { Invocation } from "./_invocation.ts";

/** The error of a failed call. */
interface Failed {
  readonly error: unknown;
}

/** Calls the handler, and passes its result on: to be settled, retried or written as a dead letter. */
export class HandlerRunner {
  /** Number of running handlers, without those that were given up. */
  running = 0;
  readonly #engine: ListenerCore;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Decodes the event. Returns `false` where that fails; the message then becomes a dead letter. */
  decode(held: HeldMessage): boolean {
    if (held.event !== undefined) return true;
    const { event, error } = decodeEvent(held.source.settings.contract, held.delivery.data);
    if (error !== undefined) {
      this.#engine.redeliveryPolicy.deadLetter(held, error, "invalid");
      return false;
    }
    held.event = event;
    return true;
  }

  /** Calls the handler. */
  run(held: HeldMessage): void {
    if (!this.decode(held)) return;
    const { settings, logger, ackExtender } = this.#engine;
    const event = held.event!;
    const invocation = new Invocation(held, event, settings.service, settings.deps, logger);
    held.state = "running";
    held.invocation = invocation;
    held.startedAt = ackExtender.ranAt;
    held.source.running++;
    this.running++;
    const startedAt = performance.now();
    const span = held.span = startConsumerSpan(held, event);
    let result: unknown;
    try {
      result = span === undefined ? this.#call(held, invocation) : span.run(() => {
        joinActiveSpan(invocation.context as RequestContext as UnreadContext);
        return this.#call(held, invocation);
      });
    } catch (error) {
      result = Promise.reject(error);
    }
    if (isThenable(result)) {
      result.then(
        (value) => this.#finished(held, invocation, startedAt, undefined, value === DUPLICATE),
        (error) => this.#finished(held, invocation, startedAt, { error }),
      );
    } else {
      this.#finished(held, invocation, startedAt, undefined);
    }
  }

  #call(held: HeldMessage, invocation: Invocation): unknown {
    const { handle, inbox } = this.#engine.settings;
    return enterContext(
      invocation.context,
      () => inbox === undefined ? handle(invocation) : handleOnce(inbox, held, invocation, handle),
    );
  }

  #finished(
    held: HeldMessage,
    invocation: Invocation,
    startedAt: number,
    failed: Failed | undefined,
    isDuplicate = false,
  ): void {
    if (held.invocation !== invocation) return; // given up before
    const engine = this.#engine;
    held.span?.end(failed);
    if (failed?.error instanceof NotTried && !engine.isAborting) return this.#postpone(held, failed.error);
    engine.dispatcher.inboxOutage.end();
    if (!isDuplicate) held.source.counters.observe((performance.now() - startedAt) / 1000);
    held.suspect = false; // the process has survived it
    if (failed !== undefined && !engine.isAborting && !isLostRun(engine, held)) {
      return engine.redeliveryPolicy.failed(held, invocation, failed.error);
    }
    this.releaseSlot(held);
    invocation.context.release();
    if (failed === undefined) engine.settle(held, isDuplicate ? "duplicate" : "ok");
    else engine.giveBack(held, 0);
    engine.dispatcher.pump();
  }

  #postpone(held: HeldMessage, notTried: NotTried): void {
    const { dispatcher, redeliveryPolicy, settings } = this.#engine;
    this.releaseSlot(held);
    if (notTried.isOutcomeUnknown && ++held.unknownCommits > settings.maxAttempts) {
      redeliveryPolicy.deadLetter(held, notTried.cause, "dlq"); // it may be what crashes the database
      dispatcher.pump();
    } else {
      dispatcher.postpone(held, notTried);
    }
  }

  /** Frees the slot of a handler. */
  releaseSlot(held: HeldMessage): void {
    held.invocation = undefined;
    held.source.running--;
    this.running--;
  }

  /** Tells a handler that its message may be handled by another process by now: nothing that it does should count. */
  lose(held: HeldMessage): void {
    if (held.invocation === undefined || held.isLost) return;
    held.isLost = true;
    const { subject } = held.delivery;
    held.invocation.abort(
      new DOMException(
        `The ack wait of "${subject}" is over, and another process may handle it`,
        "AbortError",
      ),
    );
  }

  /** Gives up a handler that takes longer than `maxHandlerMs`. */
  giveUp(held: HeldMessage): void {
    const { invocation } = held;
    if (invocation === undefined) return;
    const { maxHandlerMs, inbox } = this.#engine.settings;
    const error = new DeadlineExceeded(
      `The handler of "${held.delivery.subject}" took longer than ${maxHandlerMs} ms`,
    );
    invocation.abort(error);
    if (held.invocation !== invocation) return; // an abort listener of the handler has ended the call
    held.span?.end({ error });
    if (inbox !== undefined && !invocation.hasBegun) return this.#postpone(held, new NotTried(error, false));
    held.source.counters.observe(maxHandlerMs / 1000);
    held.suspect = false;
    this.#engine.redeliveryPolicy.failed(held, invocation, error);
  }
}

/** Whether a run has ended too late: its message is another process's, which will try it again if need be. */
function isLostRun({ answers }: ListenerCore, held: HeldMessage): boolean {
  return held.source.settings.partitions !== undefined && answers.isLost(held);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
