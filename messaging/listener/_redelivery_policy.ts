import { enterContext } from "../../context/storage.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import type { Timer } from "../bus/clock.ts";
import type { FailureDecision } from "./options.ts";
import type { ListenerCore } from "./_core.ts";
import { type Failure, isWorthRetrying, retryAfterMs, toFailure } from "./_failure.ts";
import type { HeldMessage, RunningCall } from "./_held_message.ts";
import { detailsOf } from "./_invocation.ts";
import { isDecision } from "./_settings.ts";

/** How long `onError` may take, in milliseconds. */
const DECISION_MS = 10_000;

/** Decides what happens to a message whose handler failed, or that must not reach a handler. */
export class RedeliveryPolicy {
  readonly #engine: ListenerCore;

  constructor(engine: ListenerCore) {
    this.#engine = engine;
  }

  /** Decides about a failed attempt; it keeps its slot until `onError` has answered. */
  failed(held: HeldMessage, invocation: RunningCall, error: unknown): void {
    const engine = this.#engine;
    const { maxAttempts, onError } = engine.settings;
    const failure = toFailure(error, ++held.failures, engine.now());
    held.firstFailedAt ??= failure.failedAt;
    const isLast = held.failures >= maxAttempts;
    const decision = isLast || !isWorthRetrying(error) ? "dlq" : "retry";
    if (onError === undefined) return this.#decided(held, invocation, failure, decision);
    const attempt = {
      event: held.event!,
      attempt: held.failures,
      decision,
      message: detailsOf(held.delivery),
    } as const;
    const ask = async () => await enterContext(invocation.context, () => onError(error, attempt));
    let timer: Timer | undefined;
    const late = new Promise<undefined>((resolve) =>
      timer = engine.after(DECISION_MS, () => resolve(undefined))
    );
    Promise.race([ask(), late]).catch((cause: unknown) => {
      engine.logger.error("onError failed; the default decision holds", { error: cause, decision });
    }).then((answer) => {
      timer?.cancel();
      if (held.invocation !== invocation) return;
      const wanted = isDecision(answer) ? answer : decision;
      this.#decided(held, invocation, failure, wanted === "retry" && isLast ? "dlq" : wanted);
    });
  }

  #decided(held: HeldMessage, invocation: RunningCall, failure: Failure, decision: FailureDecision): void {
    const { deadLetterWriter, dispatcher, runner } = this.#engine;
    const delay = decision === "retry" ? this.#delayAfter(failure) : undefined;
    enterContext(invocation.context, () => this.#report(held, failure, decision, delay));
    runner.releaseSlot(held);
    if (decision === "ack") {
      this.#engine.settle(held, "ignored");
    } else if (decision === "dlq") {
      held.deadLetterCause = failure;
      deadLetterWriter.write(held);
    } else {
      held.source.counters.outcomes.retry++;
      dispatcher.wait(held, delay!);
    }
    dispatcher.pump();
  }

  #delayAfter({ attempts, error }: Failure): number {
    const { backoffMs } = this.#engine.settings;
    const delay = backoffMs[Math.min(attempts, backoffMs.length) - 1]!;
    return Math.ceil(Math.max(delay * (1 + Math.random() / 5), retryAfterMs(error)));
  }

  /** Makes a message a dead letter without calling its handler. */
  deadLetter(held: HeldMessage, error: unknown, outcome: "dlq" | "invalid"): void {
    const failure = toFailure(error, held.delivery.deliveryCount, this.#engine.now());
    held.outcome = outcome;
    held.deadLetterCause = failure;
    this.#report(held, failure, "dlq", undefined);
    this.#engine.deadLetterWriter.write(held);
  }

  #report(
    held: HeldMessage,
    { error, attempts }: Failure,
    decision: FailureDecision,
    delayMs: number | undefined,
  ): void {
    const { logger } = this.#engine;
    const fields = {
      event_type: held.event?.event_type ?? held.delivery.subject,
      event_id: held.event?.event_id,
      durable: held.source.settings.durable,
      sequence: held.sequence,
      attempt: attempts,
      error,
    };
    if (decision === "dlq") logger.error("Event became a dead letter", fields);
    else if (decision === "ack") logger.warn("Event failed and is dropped, as onError decided", fields);
    else logger.warn("Event failed and will be tried again", { ...fields, delay_ms: delayMs });
  }
}

/** The error of a message that appears to kill each process which handles it. */
export function poisonMessageError(deliveryCount: number): Error {
  return new MessageBusError(
    `Delivered ${deliveryCount} times, and neither settled nor given back: it seems to end the process that handles it`,
    { code: "POISON_MESSAGE", kind: "poison", retryable: false },
  );
}
