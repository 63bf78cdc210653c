import type { GlamError } from "../errors/glam_error.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { PrometheusRegistry } from "../metrics/registry.ts";
import type { DocsOptions } from "./docs_options.ts";
import type { Guards } from "./guards.ts";
import type { HealthOptions } from "./health_checks.ts";
import type { RoutedApp } from "./_method_not_allowed.ts";

/** Options of {@link glamMiddleware}. */
export interface GlamOptions {
  /**
   * Name of the service: in `X-Service-Name`, metrics, logs and health.
   * @default the environment variable `SERVICE_NAME`, else `"glam-service"`
   */
  readonly service?: string | undefined;
  /**
   * Receives access lines and errors: any object with the methods `debug info warn error critical`.
   * @default createLogger(service)
   */
  readonly logger?: LoggerLike | undefined;
  /**
   * HTTP metrics and `GET /metrics`; `false` for none.
   * @default {}
   */
  readonly metrics?: false | GlamMetricsOptions | undefined;
  /**
   * `GET /api/v1/health`, `/health/live` and `/health/ready`; `false` for none.
   * @default {}
   */
  readonly health?: false | HealthOptions | undefined;
  /**
   * Whether each request gets a log line. Probes and scrapes get none.
   * @default true
   */
  readonly accessLog?: boolean | undefined;
  /**
   * Whether responses carry `traceparent`.
   * @default false
   */
  readonly exposeTrace?: boolean | undefined;
  /**
   * How errors become answers.
   * @default {}
   */
  readonly errors?: ErrorOptions | undefined;
  /**
   * The application itself, because Hono shows a middleware only the routes that matched. A path that has routes, but none
   * for the method, is then answered 405 with `Allow` instead of 404; the first request finds endpoints that are mounted
   * under another path than their own; and `docs` has something to document.
   * @default none
   */
  readonly app?: RoutedApp | undefined;
  /**
   * `GET /docs`, `/openapi.json` and, where the service has events, `/asyncapi.json`; needs `app`.
   * @default none
   */
  readonly docs?: DocsOptions | undefined;
  /**
   * What stands before the endpoints that `implement` registers, in this order: policies of the rate limit by address,
   * authentication, scopes, policies by caller; and between validation and handler, the recognition of repetitions.
   * An endpoint that needs one that is not here is refused when `app` is known, and answers 500 otherwise.
   * Plain routes are not covered.
   * @default none
   */
  readonly guards?: Guards | undefined;
  /** Another name of `app`, from before there was more to it. */
  readonly methodNotAllowed?: RoutedApp | undefined;
  /**
   * The proxies whose `X-Forwarded-For` `clientIp` trusts: none, a number of proxies in front of the service, or every proxy
   * in a list of networks (CIDR notation).
   * @default false
   */
  readonly trustProxy?: false | number | readonly string[] | undefined;
  /**
   * Milliseconds until a request is answered with 504 `TIMEOUT` and the `signal` of its context aborts.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whose `X-Request-Timeout-Ms`, the time that a caller waits, shortens `timeoutMs`: that of services of ours, which are
   * those that authentication found and those in `trustPeers`; everybody's; or nobody's. It counts from the arrival and
   * is 5 ms at least. What is over then is answered 504, in a line of level INFO and `http_caller_deadlines_total`.
   * @default "trusted"
   */
  readonly deadlines?: "all" | "ignore" | "trusted" | undefined;
  /**
   * Networks of services of ours, in CIDR notation, by the address at the other end of the connection. Behind a proxy
   * that is the proxy's, for everybody who comes over it.
   * @default []
   */
  readonly trustPeers?: readonly string[] | undefined;
}

/** The `metrics` of {@link GlamOptions}. */
export interface GlamMetricsOptions {
  /**
   * Path of the scrape.
   * @default "/metrics"
   */
  readonly path?: string | undefined;
  /**
   * A prom-client registry with metrics of your own.
   * @default a registry for this middleware alone, with prom-client's process metrics
   */
  readonly registry?: PrometheusRegistry | undefined;
  /**
   * Upper bounds of the duration buckets in seconds, ascending.
   * @default DEFAULT_BUCKETS
   */
  readonly buckets?: readonly number[] | undefined;
}

/** The `errors` of {@link GlamOptions}. */
export interface ErrorOptions {
  /** Maps an error that `toGlamError` would not know, or not well enough; `undefined` leaves it to `toGlamError`. */
  readonly map?: ((error: unknown) => GlamError | undefined) | undefined;
  /**
   * Whether clients see the message and details of errors of status 500 and above. For development only.
   * @default false
   */
  readonly exposeInternal?: boolean | undefined;
}
