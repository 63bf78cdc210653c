import { readEnv } from "../internal/environment.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { BreakerOptions, HeadersSource, ServiceClientOptions, Transport } from "./options.ts";
import type { Endpoints } from "./service_client.ts";

/** The options of a client, checked, with their defaults. */
export interface ClientSettings {
  readonly service: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly budget: { readonly ratio: number; readonly minPerSecond: number };
  readonly breaker: BreakerOptions | undefined;
  readonly maxInFlight: number;
  readonly maxAnswerBytes: number;
  readonly headers: HeadersSource | undefined;
  readonly trusted: boolean;
  readonly transport: Transport | undefined;
  readonly metrics: Metrics | undefined;
  readonly logger: LoggerLike | undefined;
  /** Name of the service that calls, for the metrics. */
  readonly caller: string;
}

/** Names that a client needs for itself: `then` would make it a promise. */
const RESERVED: ReadonlySet<string> = new Set(["close", "fetch", "request", "then"]);

const MAX = Number.MAX_SAFE_INTEGER;

/** Checks the options of a client. */
export function clientSettings<E extends Endpoints>(options: ServiceClientOptions<E>): ClientSettings {
  const { service, endpoints, baseUrl, timeoutMs = 10_000, retry = {}, breaker, maxInFlight = 256 } = options;
  const { headers, trusted = false, maxAnswerBytes = 10 * 1024 * 1024, transport, fakes = {} } = options;
  if (typeof service !== "string" || service === "") {
    throw new TypeError("Expected `service` to be a name");
  }
  const refuse = (message: string) => new TypeError(`Cannot make a client of "${service}": ${message}`);
  for (const name of Object.keys(endpoints)) {
    if (RESERVED.has(name)) throw refuse(`an endpoint cannot be called "${name}"`);
  }
  for (const name of Object.keys(fakes)) {
    if (!Object.hasOwn(endpoints, name)) throw refuse(`\`fakes.${name}\` is no endpoint of it`);
  }
  const isFaked = Object.keys(endpoints).every((name) => Object.hasOwn(fakes, name));
  if (baseUrl === undefined && transport === undefined && !isFaked) {
    throw refuse("expected `baseUrl`, a `transport`, or `fakes` of all endpoints");
  }
  const { attempts = 2, budget: { ratio = 0.2, minPerSecond = 10 } = {} } = retry || { attempts: 1 };
  whole("retry.attempts", attempts, 5);
  inRange("retry.budget.ratio", ratio, 0, 1);
  inRange("retry.budget.minPerSecond", minPerSecond, 0, MAX);
  inRange("timeoutMs", timeoutMs, 1, MAX_TIMER_MS);
  whole("maxInFlight", maxInFlight);
  whole("maxAnswerBytes", maxAnswerBytes);
  if (breaker !== undefined) {
    inRange("breaker.failureRatio", breaker.failureRatio, Number.EPSILON, 1);
    for (const name of ["windowMs", "openMs"] as const) {
      inRange(`breaker.${name}`, breaker[name], 1, MAX_TIMER_MS);
    }
    whole("breaker.minRequests", breaker.minRequests);
  }
  return {
    service,
    baseUrl: checkBaseUrl(baseUrl ?? `http://${service.replace(/[^\w.-]/g, "-")}`, refuse),
    timeoutMs,
    attempts,
    budget: { ratio, minPerSecond },
    breaker,
    maxInFlight,
    maxAnswerBytes,
    headers,
    trusted,
    transport,
    metrics: options.metrics,
    logger: options.logger,
    caller: options.metrics?.service ?? readEnv("SERVICE_NAME") ?? "glam-service",
  };
}

function checkBaseUrl(text: string, refuse: (message: string) => TypeError): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    if (url.username + url.password + url.search + url.hash === "") {
      return url.origin + url.pathname.replace(/\/+$/, "");
    }
  }
  // The text is not repeated: it may hold a password.
  throw refuse(
    "expected `baseUrl` to be an http or https URL without user information and query",
  );
}

/**
 * Checks an option that is a number.
 *
 * @throws {RangeError} when it is not between the two, themselves included.
 */
export function inRange(name: string, value: number, min: number, max: number): void {
  if (typeof value === "number" && value >= min && value <= max) return;
  throw new RangeError(`Expected \`${name}\` to be from ${min} to ${max}, got ${value}`);
}

function whole(name: string, value: number, max: number = MAX): void {
  inRange(name, value, 1, max);
  if (!Number.isInteger(value)) {
    throw new RangeError(`Expected \`${name}\` to be a whole number, got ${value}`);
  }
}
