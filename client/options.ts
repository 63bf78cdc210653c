import type { EndpointTypes, TypesOf } from "../contract/endpoint.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { Metrics } from "../metrics/create_metrics.ts";
import type { CallResult, Endpoints } from "./service_client.ts";

/** What carries requests: an application, a service binding of workerd, or anything else with a `fetch`. */
export interface Transport {
  /** Answers a request. */
  fetch(request: Request): Promise<Response> | Response;
}

/** When a call is tried again. */
export interface RetryPolicy {
  /**
   * How often a call is sent in all, from 1 to 5.
   * @default 2
   */
  readonly attempts?: number | undefined;
  /** How many attempts there may be beside the calls themselves, so that retries do not bring down what is slow. */
  readonly budget?: RetryBudgetOptions | undefined;
}

/** A budget of retries, over all calls of a client. */
export interface RetryBudgetOptions {
  /**
   * Retries for each call, from 0 to 1.
   * @default 0.2
   */
  readonly ratio?: number | undefined;
  /**
   * Retries for each second, whatever the number of calls.
   * @default 10
   */
  readonly minPerSecond?: number | undefined;
}

/** When calls are no longer sent for a while. */
export interface BreakerOptions {
  /** Share of the calls that have to fail, above 0 and up to 1. */
  readonly failureRatio: number;
  /** Milliseconds that calls are counted for. */
  readonly windowMs: number;
  /** Calls in the window below which the circuit stays closed. */
  readonly minRequests: number;
  /** Milliseconds until one call is let through again. */
  readonly openMs: number;
}

/** Options of {@link createServiceClient}. */
export interface ServiceClientOptions<E extends Endpoints> {
  /** Name of the service that is called: in errors, logs and metrics. */
  readonly service: string;
  /**
   * Where the service is, `https://catalog.internal` or with a path in front of those of the contracts.
   * @default `http://<service>`, which only a `transport` can do without
   */
  readonly baseUrl?: string | undefined;
  /** The contracts, by the names that they are called by. */
  readonly endpoints: E;
  /**
   * Milliseconds that a call may take, with all of its attempts and its body, from 1. The time that is left of the current
   * request's deadline shortens it.
   * @default 10000
   */
  readonly timeoutMs?: number | undefined;
  /** When a call is tried again; `false` for never. */
  readonly retry?: RetryPolicy | false | undefined;
  /**
   * When calls are no longer sent for a while. It needs the package `cockatiel`.
   * @default no circuit breaker
   */
  readonly breaker?: BreakerOptions | undefined;
  /**
   * Calls that may be under way at once; one more is rejected with 503 at once.
   * @default 256
   */
  readonly maxInFlight?: number | undefined;
  /** Headers of every request, or what gives them for each attempt: `authorization` and its like. */
  readonly headers?: HeadersSource | undefined;
  /**
   * Whether the service is one of ours: only then it is sent `tracestate`, `baggage` and the deadline.
   * @default false
   */
  readonly trusted?: boolean | undefined;
  /**
   * Bytes that an answer may have, from 1; a larger one is a 502.
   * @default 10485760
   */
  readonly maxAnswerBytes?: number | undefined;
  /**
   * What carries the requests.
   * @default `fetch`
   */
  readonly transport?: Transport | undefined;
  /** Handlers in the place of endpoints, for tests: what they give is encoded and decoded as a real answer is. */
  readonly fakes?: Fakes<E> | undefined;
  /** Where the client's metrics are shown. */
  readonly metrics?: Metrics | undefined;
  /**
   * Where failures of the service are logged.
   * @default nowhere
   */
  readonly logger?: LoggerLike | undefined;
}

/** Headers, or what gives them. */
export type HeadersSource =
  | Readonly<Record<string, string>>
  | (() => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>);

/** Handlers that stand in for endpoints. */
export type Fakes<E extends Endpoints> = {
  readonly [Name in keyof E]?: (
    args: FakeArgs<TypesOf<E[Name]>>,
  ) => FakeResult<TypesOf<E[Name]>> | Promise<FakeResult<TypesOf<E[Name]>>>;
};

/** What a fake gets: what a handler gets, but for what belongs to a server. */
export type FakeArgs<Types extends EndpointTypes> =
  & {
    readonly [Part in keyof Types & ("body" | "cookies" | "form" | "headers" | "params" | "query")]:
      Types[Part];
  }
  & { readonly signal: AbortSignal };

/** What a fake gives: what a handler gives. */
export type FakeResult<Types extends EndpointTypes> = Types extends { readonly list: infer Item }
  ? { readonly items: readonly Item[]; readonly total: number }
  : Types extends { readonly cursorList: infer Item }
    ? { readonly items: readonly Item[]; readonly next?: string | null; readonly previous?: string | null }
  : Types extends { readonly empty: true } ? void
  : CallResult<Types>;
