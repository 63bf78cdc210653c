import type { AnyEndpoint } from "../contract/endpoint.ts";
import { RateLimitedError, RequestTimeoutError, ServiceUnavailableError } from "../errors/common.ts";
import { type GlamError, isGlamError } from "../errors/glam_error.ts";
import { retryAfterSeconds } from "../errors/retry_after.ts";
import { fullJitter } from "../internal/backoff.ts";
import { sleep } from "../internal/clock.ts";
import { attempt, type Call, isRepeatable } from "./_attempt.ts";
import { CallDeadline } from "./_call_deadline.ts";
import { type CircuitBreaker, circuitBreaker, CountedFailure, NO_BREAKER } from "./_circuit_breaker.ts";
import { ClientRecorder } from "./_client_recorder.ts";
import type { ClientSettings } from "./_client_settings.ts";
import { type AnswerDecoder, BrokenContract, type DecodedAnswer } from "./_decode_answer.ts";
import type { LooseInput, PrepareRequest } from "./_prepare_request.ts";
import { readText } from "./_read_answer.ts";
import { brokenAnswer, toCallerError } from "./_received_error.ts";
import { RetryBudget } from "./_retry_budget.ts";
import { type NetworkTransport, networkTransport } from "./_transport.ts";
import type { Transport } from "./options.ts";
import type { CallOptions } from "./service_client.ts";

const BACKOFF = { minDelayMs: 50, maxDelayMs: 1000, factor: 2 };
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of an answer that is no error of ours, the log has this much. */
const LOGGED_CHARACTERS = 1024;

/** One endpoint, as a caller needs it. */
export interface CalledEndpoint {
  readonly name: string;
  readonly endpoint: AnyEndpoint;
  readonly prepare: PrepareRequest;
  readonly decode: AnswerDecoder;
  /** What carries its requests, where that is not the client's own. */
  readonly transport: Transport | undefined;
}

/** An answer with its status and headers. */
export interface ReceivedAnswer extends DecodedAnswer {
  readonly status: number;
  readonly headers: Headers;
}

/** Makes the calls of one client: deadline, attempts, breaker and numbers. */
export class Caller {
  readonly #settings: ClientSettings;
  readonly #recorder: ClientRecorder;
  readonly #budget: RetryBudget;
  readonly #transport: NetworkTransport | Transport;
  readonly #closed = new AbortController();
  #breaker: Promise<CircuitBreaker> | undefined;
  #inFlight = 0;
  #hideMetrics: () => void = () => {};

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#recorder = new ClientRecorder(settings.caller, settings.service);
    this.#budget = new RetryBudget(settings.budget.ratio, settings.budget.minPerSecond);
    this.#transport = settings.transport ?? networkTransport();
    const { metrics } = settings;
    if (metrics === undefined) return;
    this.#recorder.show(metrics).then((hide) => {
      if (this.#closed.signal.aborted) hide();
      else this.#hideMetrics = hide;
    }, (error) => settings.logger?.error("The client's metrics cannot be shown", { error }));
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new ServiceUnavailableError(`The client of ${this.#settings.service} is closed`));
    this.#hideMetrics();
    if (this.#settings.transport === undefined) (this.#transport as NetworkTransport).close();
  }

  async call(called: CalledEndpoint, input: LooseInput, options: CallOptions): Promise<ReceivedAnswer> {
    const { service, maxInFlight } = this.#settings;
    const { name, endpoint } = called;
    this.#closed.signal.throwIfAborted();
    const prepared = called.prepare(input);
    const idempotencyKey = keyOf(endpoint, options.idempotencyKey);
    if (this.#inFlight >= maxInFlight) {
      throw new ServiceUnavailableError(`${service} has ${maxInFlight} calls of this process under way`, {
        service,
      });
    }
    const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs;
    const deadline = new CallDeadline(timeoutMs, options.signal, `${service} to ${endpoint.route}`);
    const close = () => deadline.giveUp(this.#closed.signal.reason);
    this.#closed.signal.addEventListener("abort", close, { once: true });
    this.#inFlight++;
    const startedAt = performance.now();
    let status = "error";
    try {
      const answer = await this.#attempts(called, {
        endpoint,
        prepared,
        deadline,
        idempotencyKey,
        headers: options.headers,
        transport: called.transport ?? this.#transport,
      });
      status = String(answer.status);
      return answer;
    } catch (error) {
      status = statusLabel(error, options.signal);
      throw error;
    } finally {
      this.#inFlight--;
      deadline.end();
      this.#closed.signal.removeEventListener("abort", close);
      this.#recorder.called(name, status, (performance.now() - startedAt) / 1000);
    }
  }

  async #attempts(called: CalledEndpoint, call: Call): Promise<ReceivedAnswer> {
    const { attempts } = this.#settings;
    const breaker = await this.#openBreaker();
    this.#budget.call();
    for (let number = 1;; number++) {
      try {
        return await breaker.run(() => this.#attempt(called, call)).catch(uncounted);
      } catch (error) {
        const reason = retryReason(error);
        if (reason === undefined || number >= attempts || !isRepeatable(call)) throw error;
        const waitMs = Math.max(fullJitter(number, BACKOFF), retryAfterMs(error));
        if (waitMs >= call.deadline.leftMs || !this.#budget.tryRetry()) throw error;
        this.#recorder.retried(reason);
        await sleep(waitMs, call.deadline.signal);
      }
    }
  }

  async #attempt(called: CalledEndpoint, call: Call): Promise<ReceivedAnswer> {
    try {
      const response = await attempt(this.#settings, call);
      return await this.#read(called, call, response);
    } catch (error) {
      throw isCounted(error) ? new CountedFailure(error) : error;
    }
  }

  async #read({ endpoint, decode }: CalledEndpoint, call: Call, response: Response): Promise<ReceivedAnswer> {
    const { service, maxAnswerBytes } = this.#settings;
    const { status, headers } = response;
    const answered = (decoded: DecodedAnswer) => ({ ...decoded, status, headers });
    if (response.ok && endpoint.kind === "raw") {
      return answered({ data: response, meta: undefined, links: undefined });
    }
    const text = await readText(response, maxAnswerBytes, call.deadline, { service, endpoint })
      .catch((error) => this.#bodyFailed(error, endpoint, status));
    if (!response.ok) throw this.#refused(endpoint, response, text);
    try {
      return answered(await decode(text));
    } catch (error) {
      if (!(error instanceof BrokenContract)) throw error;
      const broken = brokenAnswer(service, endpoint, status, error.message);
      this.#settings.logger?.error("An answer breaks its contract", {
        target: service,
        endpoint: endpoint.route,
        status,
        error: broken,
        body: text.slice(0, LOGGED_CHARACTERS),
      });
      throw broken;
    }
  }

  /** A body that began to arrive and did not end is not asked for again. */
  #bodyFailed(error: unknown, endpoint: AnyEndpoint, status: number): never {
    if (isGlamError(error) || this.#closed.signal.aborted || (error as Error)?.name === "AbortError") {
      throw error;
    }
    throw Object.assign(brokenAnswer(this.#settings.service, endpoint, status, "its body ended early"), {
      cause: error,
    });
  }

  #refused(endpoint: AnyEndpoint, response: Response, text: string): GlamError {
    const { service, logger } = this.#settings;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      logger?.error("An answer is neither an envelope nor a problem", {
        target: service,
        endpoint: endpoint.route,
        status: response.status,
        body: text.slice(0, LOGGED_CHARACTERS),
      });
    }
    const error = toCallerError(service, endpoint, response, body);
    if (response.status >= 500) {
      logger?.warn("A call failed", {
        target: service,
        endpoint: endpoint.route,
        status: response.status,
        error,
      });
    }
    return error;
  }

  #openBreaker(): CircuitBreaker | Promise<CircuitBreaker> {
    const { breaker, service, logger } = this.#settings;
    if (breaker === undefined) return NO_BREAKER;
    return this.#breaker ??= circuitBreaker(service, breaker, (isOpen) => {
      this.#recorder.isOpen = isOpen;
      if (isOpen) {
        logger?.error("The circuit breaker opens: calls are not sent for a while", { target: service });
      } else logger?.info("The circuit breaker closes", { target: service });
    });
  }
}

function uncounted(error: unknown): never {
  throw error instanceof CountedFailure ? error.failure : error;
}

function keyOf({ route, idempotent }: AnyEndpoint, given: string | undefined): string | undefined {
  if (given === undefined) return idempotent?.key === "required" ? crypto.randomUUID() : undefined;
  if (/^[\x20-\x7e]{1,255}$/.test(given)) return given;
  throw new TypeError(
    `Cannot call "${route}": expected \`idempotencyKey\` to be 1 to 255 printable ASCII characters`,
  );
}

/** What the circuit breaker counts: no answer, no time, and failures of the service. */
function isCounted(error: unknown): boolean {
  if (error instanceof RequestTimeoutError) return true;
  const { details, status } = error as Partial<GlamError>;
  const upstream = details?.["upstream_status"];
  if (typeof upstream === "number") return upstream >= 500 && upstream !== 501;
  return isGlamError(error) && status === 503;
}

/** Why another attempt may help, for the metrics. */
function retryReason(error: unknown): string | undefined {
  if (!isGlamError(error) || error instanceof RateLimitedError) return undefined;
  const upstream = error.details["upstream_status"];
  if (error.code !== "UPSTREAM_SERVICE_ERROR") return undefined;
  if (upstream === undefined) return "connection";
  return RETRIED.has(upstream as number) ? String(upstream) : undefined;
}

function retryAfterMs(error: unknown): number {
  return (retryAfterSeconds((error as GlamError).details["retry_after"]) ?? 0) * 1000;
}

function statusLabel(error: unknown, signal: AbortSignal | undefined): string {
  if (signal?.aborted) return "aborted";
  if (error instanceof RequestTimeoutError) return "timeout";
  if (!isGlamError(error)) return "error";
  if (error.code === "CIRCUIT_OPEN") return "circuit_open";
  const upstream = error.details["upstream_status"];
  if (typeof upstream === "number") return String(upstream);
  return error.code === "UPSTREAM_SERVICE_ERROR" ? "connection" : String(error.status);
}
