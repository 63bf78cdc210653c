import type { AnyEndpoint } from "../contract/endpoint.ts";
import { ServiceUnavailableError } from "../errors/common.ts";
import type { GlamError } from "../errors/glam_error.ts";
import { CircuitOpenError } from "../errors/infrastructure.ts";
import { fullJitter } from "../internal/backoff.ts";
import { MAX_TIMER_MS, sleep } from "../internal/clock.ts";
import { detectRuntime } from "../internal/runtime.ts";
import { attempt, type AttemptResult, type Failed } from "./_attempt.ts";
import { type Call, isRepeatable, type ReceivedAnswer } from "./_call.ts";
import { CallDeadline, LEAST_MS } from "./_call_deadline.ts";
import { type Carrier, networkCarrier, transportCarrier } from "./_carrier.ts";
import { type CircuitBreaker, circuitBreaker } from "./_circuit_breaker.ts";
import { ClientRecorder } from "./_client_recorder.ts";
import { type ClientSettings, inRange } from "./_client_settings.ts";
import { DeadlineTimer } from "./_deadline_timer.ts";
import type { AnswerDecoder } from "./_decode_answer.ts";
import type { LooseInput, PrepareRequest } from "./_prepare_request.ts";
import { brokenContract } from "./_received_error.ts";
import { RetryBudget } from "./_retry_budget.ts";
import type { Transport } from "./options.ts";
import type { CallOptions } from "./service_client.ts";

const ON_WORKERD = /* @__PURE__ */ detectRuntime() === "workerd";
const BACKOFF = { minDelayMs: 50, maxDelayMs: 1000, factor: 2 };

/** One endpoint, as a caller needs it. */
export interface CalledEndpoint {
  readonly name: string;
  readonly endpoint: AnyEndpoint;
  readonly prepare: PrepareRequest;
  readonly decode: AnswerDecoder;
  /** What carries its requests, where that is not the client's own. */
  readonly transport?: Transport;
}

/** Makes the calls of one client: deadline, attempts, breaker and numbers. */
export class Caller {
  readonly #settings: ClientSettings;
  readonly #recorder: ClientRecorder;
  readonly #budget: RetryBudget;
  readonly #carrier: Carrier;
  readonly #underWay = new Set<CallDeadline>();
  // On workerd a request may not end what another one waits for.
  readonly #timer = ON_WORKERD ? undefined : new DeadlineTimer();
  #closed: ServiceUnavailableError | undefined;
  #breaker: Promise<CircuitBreaker> | undefined;
  #hideMetrics: () => void = () => {};

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#recorder = new ClientRecorder(settings.caller, settings.service);
    this.#budget = new RetryBudget(settings.budget.ratio, settings.budget.minPerSecond);
    this.#carrier = settings.transport === undefined
      ? networkCarrier()
      : transportCarrier(settings.transport);
    const { metrics } = settings;
    if (metrics === undefined) return;
    this.#recorder.show(metrics).then((hide) => {
      if (this.#closed !== undefined) hide();
      else this.#hideMetrics = hide;
    }, (error) => settings.logger?.error("The client's metrics cannot be shown", { error }));
  }

  close(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new ServiceUnavailableError(`The client of ${this.#settings.service} is closed`);
    for (const deadline of this.#underWay) deadline.giveUp(this.#closed);
    this.#hideMetrics();
    this.#carrier.close();
  }

  /** @throws what the call failed with. */
  async call(called: CalledEndpoint, input: LooseInput, options: CallOptions): Promise<ReceivedAnswer> {
    if (this.#closed !== undefined) throw this.#closed;
    const { endpoint, transport } = called;
    const { signal: caller, headers } = options;
    const prepared = called.prepare(input);
    const idempotencyKey = keyOf(endpoint, options.idempotencyKey);
    const { timeoutMs = this.#settings.timeoutMs } = options;
    inRange("timeoutMs", timeoutMs, 1, MAX_TIMER_MS);
    const startedAt = performance.now();
    const deadline = this.#begin(endpoint, startedAt, timeoutMs, caller);
    let result: AttemptResult;
    if (deadline instanceof CallDeadline) {
      const call: Call = {
        endpoint,
        prepared,
        decode: called.decode,
        deadline,
        idempotencyKey,
        headers,
        signal: endpoint.kind === "raw" && caller !== undefined
          ? AbortSignal.any([deadline.signal, caller])
          : deadline.signal,
        carrier: transport === undefined ? this.#carrier : transportCarrier(transport),
        isSent: false,
      };
      this.#budget.call();
      result = await this.#once(call);
      if (result.answer === undefined && isRepeatable(call)) result = await this.#again(call, result);
      this.#underWay.delete(deadline);
      deadline.end();
    } else result = deadline;
    this.#recorder.called(called.name, result.label, (performance.now() - startedAt) / 1000);
    if (result.answer === undefined) throw result.error;
    return result.answer;
  }

  /** What a caller is told of answers that make no sense together. */
  brokenContract(endpoint: AnyEndpoint, reason: string): GlamError {
    return brokenContract({ service: this.#settings.service, endpoint, status: 200 }, reason);
  }

  /** The deadline of a call, or why there is none. */
  #begin(
    { route }: AnyEndpoint,
    startedAt: number,
    timeoutMs: number,
    caller: AbortSignal | undefined,
  ): CallDeadline | Failed {
    const { service, maxInFlight } = this.#settings;
    if (this.#underWay.size >= maxInFlight) {
      const message = `${service} has ${maxInFlight} calls of this process under way`;
      return failed(new ServiceUnavailableError(message, { service }), "in_flight_limit");
    }
    try {
      const timer = this.#timer ?? new DeadlineTimer();
      const deadline = new CallDeadline(`${service} to ${route}`, startedAt, timeoutMs, caller, timer);
      this.#underWay.add(deadline);
      return deadline;
    } catch (error) {
      return failed(error, caller?.aborted ? "aborted" : "timeout");
    }
  }

  #once(call: Call): Promise<AttemptResult> {
    const send = () => attempt(this.#settings, call);
    if (this.#settings.breaker === undefined) return send();
    return this.#openBreaker().then((breaker) => breaker.run(send)).catch((error) =>
      failed(error, error instanceof CircuitOpenError ? "circuit_open" : "error")
    );
  }

  /** Sends a call again that failed, as long as there is a reason, time and a budget. */
  async #again(call: Call, first: Failed): Promise<AttemptResult> {
    const { deadline } = call;
    let last = first;
    for (let number = 1; number < this.#settings.attempts && last.retryReason !== undefined; number++) {
      const waitMs = Math.max(fullJitter(number, BACKOFF), (last.retryAfter ?? 0) * 1000);
      if (waitMs + LEAST_MS >= deadline.leftMs || !this.#budget.tryRetry()) break;
      this.#recorder.retried(last.retryReason);
      try {
        await sleep(waitMs, deadline.signal);
      } catch (error) {
        return failed(error, deadline.isOver ? "timeout" : "aborted");
      }
      if (deadline.leftMs < 1) return failed(deadline.expire(), "timeout");
      const result = await this.#once(call);
      if (result.answer !== undefined) return result;
      if (result.label === "circuit_open") break; // the failure says more
      last = result;
    }
    return last;
  }

  #openBreaker(): Promise<CircuitBreaker> {
    const { breaker, service, logger } = this.#settings;
    return this.#breaker ??= circuitBreaker(service, breaker!, (isOpen) => {
      this.#recorder.isOpen = isOpen;
      if (isOpen) {
        logger?.error("The circuit breaker opens", { target: service });
      } else logger?.info("The circuit breaker closes", { target: service });
    });
  }
}

/** The end of a call that was not sent. */
function failed(error: unknown, label: string): Failed {
  return { error, judgement: "none", label };
}

function keyOf({ route, idempotent }: AnyEndpoint, given: string | undefined): string | undefined {
  if (given === undefined) return idempotent?.key === "required" ? crypto.randomUUID() : undefined;
  if (/^[\x20-\x7e]{1,255}$/.test(given)) return given;
  throw new TypeError(
    `Cannot call "${route}": expected \`idempotencyKey\` to be 1 to 255 printable ASCII characters`,
  );
}
