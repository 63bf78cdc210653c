import type { HealthReport } from "../api/health_report.ts";

/** Where a service is in its life. */
export type ServiceState = "new" | "starting" | "ready" | "stopping" | "stopped";

/** Where a service listens. */
export interface ServiceAddress {
  /** The address it is bound to. */
  readonly hostname: string;
  /** The port, also where any was asked for. */
  readonly port: number;
  /** For a client on the same machine, without a slash at the end. */
  readonly url: string;
}

/** Options of `Service.stop`. */
export interface StopOptions {
  /**
   * How long requests are still served.
   * @default the `graceMs` of the service
   */
  readonly graceMs?: number | undefined;
}

/** A service. It lives once: what it was given is closed when it has stopped. */
export interface Service extends AsyncDisposable {
  /** Where it is in its life. */
  readonly state: ServiceState;
  /** Where it listens, from the moment that it does. */
  readonly address: ServiceAddress | undefined;
  /**
   * Settles when the service is over: resolves after a stop in order; rejects with a {@link ServiceError} when it could not
   * start, a part of it failed for good, or a step of the stop failed or passed its deadline.
   */
  readonly finished: Promise<void>;
  /**
   * Starts everything, in order, and resolves when the service is ready.
   *
   * @throws {ServiceError} when a part cannot start, or the service is stopped meanwhile: then everything is closed again.
   */
  start(): Promise<void>;
  /**
   * Is not ready any more, goes on serving for the grace, and then stops everything, in order. Never rejects: `finished` says
   * how it went. A second call waits for the first, and cuts its grace short where it names one.
   *
   * @throws {RangeError} when `graceMs` is out of its range.
   */
  stop(options?: StopOptions): Promise<void>;
  /** The health of the service's own parts and checks. */
  health(): Promise<HealthReport>;
  /**
   * Runs the service as what this process is for: starts it, stops it on SIGTERM or SIGINT, and ends the process, with exit
   * code 0 after a stop in order and 1 after anything else. A second signal ends it at once.
   */
  run(): Promise<never>;
}
