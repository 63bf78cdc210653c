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
import { type Carrier, carryOver, networkCarrier, transportCarrier } from "./_carrier.ts";
import { type CircuitBreaker, circuitBreaker, NO_BREAKER } from "./_circuit_breaker.ts";
import { ClientRecorder } from "./_client_recorder.ts";
import type { ClientSettings } from "./_client_settings.ts";
import { DeadlineTimer } from "./_deadline_timer.ts";
import type { AnswerDecoder } from "./_decode_answer.ts";
import type { LooseInput, PreparedRequest, PrepareRequest } from "./_prepare_request.ts";
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
  readonly transport: Transport | undefined;
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
    const { endpoint } = called;
    const prepared = called.prepare(input);
    const idempotencyKey = keyOf(endpoint, options.idempotencyKey);
    const timeoutMs = timeoutOf(endpoint, options.timeoutMs ?? this.#settings.timeoutMs);
    const startedAt = performance.now();
    const result = await this.#run(called, prepared, idempotencyKey, { ...options, timeoutMs });
    this.#recorder.called(called.name, result.label, (performance.now() - startedAt) / 1000);
    if (result.answer === undefined) throw result.error;
    return result.answer;
  }

  /** What a caller is told of answers that make no sense together. */
  brokenContract(endpoint: AnyEndpoint, reason: string): GlamError {
    return brokenContract({ service: this.#settings.service, endpoint, status: 200 }, reason);
  }

  async #run(
    { endpoint, decode, transport }: CalledEndpoint,
    prepared: PreparedRequest,
    idempotencyKey: string | undefined,
    { signal: caller, timeoutMs, headers }: CallOptions & { readonly timeoutMs: number },
  ): Promise<AttemptResult> {
    const { service, maxInFlight } = this.#settings;
    if (this.#underWay.size >= maxInFlight) {
      const message = `${service} has ${maxInFlight} calls of this process under way`;
      return failed(new ServiceUnavailableError(message, { service }), "in_flight_limit");
    }
    let deadline: CallDeadline;
    try {
      const timer = this.#timer ?? new DeadlineTimer();
      deadline = new CallDeadline(timeoutMs, caller, `${service} to ${endpoint.route}`, timer);
    } catch (error) {
      return failed(error, caller?.aborted ? "aborted" : "timeout");
    }
    this.#underWay.add(deadline);
    const isRaw = endpoint.kind === "raw" && caller !== undefined;
    try {
      return await this.#attempts({
        endpoint,
        prepared,
        decode,
        deadline,
        idempotencyKey,
        headers,
        signal: isRaw ? AbortSignal.any([deadline.signal, caller]) : deadline.signal,
        carry: transport === undefined ? this.#carrier.carry : carryOver(transport),
        countsBytes: transport === undefined && this.#carrier.countsBytes,
      });
    } finally {
      this.#underWay.delete(deadline);
      deadline.end();
    }
  }

  async #attempts(call: Call): Promise<AttemptResult> {
    const { deadline } = call;
    this.#budget.call();
    let last: Failed | undefined;
    for (let number = 1;; number++) {
      let result: AttemptResult;
      try {
        const breaker = this.#settings.breaker === undefined ? NO_BREAKER : await this.#openBreaker();
        result = await breaker.run(() => attempt(this.#settings, call));
      } catch (error) {
        return last ?? failed(error, error instanceof CircuitOpenError ? "circuit_open" : "error");
      }
      if (result.answer !== undefined || result.retryReason === undefined) return result;
      if (number >= this.#settings.attempts || !isRepeatable(call)) return result;
      const waitMs = Math.max(fullJitter(number, BACKOFF), (result.retryAfter ?? 0) * 1000);
      if (waitMs + LEAST_MS >= deadline.leftMs || !this.#budget.tryRetry()) return result;
      this.#recorder.retried(result.retryReason);
      try {
        await sleep(waitMs, deadline.signal);
      } catch (error) {
        return failed(error, deadline.isOver ? "timeout" : "aborted");
      }
      last = result;
    }
  }

  #openBreaker(): Promise<CircuitBreaker> {
    const { breaker, service, logger } = this.#settings;
    return this.#breaker ??= circuitBreaker(service, breaker!, (isOpen) => {
      this.#recorder.isOpen = isOpen;
      if (isOpen) {
        logger?.error("The circuit breaker opens: calls are not sent for a while", { target: service });
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

function timeoutOf({ route }: AnyEndpoint, timeoutMs: number): number {
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMER_MS) return timeoutMs;
  throw new RangeError(
    `Cannot call "${route}": expected \`timeoutMs\` to be from 1 to ${MAX_TIMER_MS}, got ${timeoutMs}`,
  );
}
