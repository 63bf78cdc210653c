import type { HealthReport } from "../api/health_report.ts";
import type { Control } from "./control.ts";

/** State of a service. */
export type ServiceState = "new" | "starting" | "ready" | "stopping" | "stopped";

/** The address of a service. */
export interface ServiceAddress {
  /** The address it is bound to. */
  readonly hostname: string;
  /** The port; the one that was chosen where the option was 0. */
  readonly port: number;
  /** URL for a client on the same machine, without a slash at the end. */
  readonly url: string;
}

/** Options of `Service.stop`. */
export interface StopOptions {
  /**
   * Milliseconds during which requests are still served.
   * @default the `graceMs` of the service
   */
  readonly graceMs?: number | undefined;
}

/** A service. It starts and stops once: what it was given is closed when it has stopped. */
export interface Service extends AsyncDisposable {
  /** Its state. */
  readonly state: ServiceState;
  /** Its version, once it has started; `undefined` where none was given or found. */
  readonly version: string | undefined;
  /** Id of this start of it: 16 hexadecimal digits. */
  readonly instance: string;
  /** Its address, once it listens. */
  readonly address: ServiceAddress | undefined;
  /** The address of its management port, once it listens. */
  readonly management: ServiceAddress | undefined;
  /**
   * Settles when the service has ended: resolves after an orderly stop; rejects with a {@link ServiceError} when it could
   * not start, a part failed permanently, or a step of the stop failed or passed its deadline.
   */
  readonly finished: Promise<void>;
  /**
   * Starts everything, in order, and resolves when the service is ready.
   *
   * @throws {ServiceError} when a part cannot start, or the service is stopped meanwhile; everything is closed then.
   */
  start(): Promise<void>;
  /**
   * Fails readiness, serves requests for the grace period, and then stops every part in order. Never rejects: `finished`
   * settles with the result. A second call waits for the first; its `graceMs` shortens the grace period.
   *
   * @throws {RangeError} when `graceMs` is out of its range.
   */
  stop(options?: StopOptions): Promise<void>;
  /** Pauses its listeners, and sets the log level of this process. */
  readonly control: Control;
  /** The health of the service's own parts and checks. */
  health(): Promise<HealthReport>;
  /**
   * Runs the service as the only purpose of this process: starts it, stops it on SIGTERM or SIGINT, and exits, with code 0
   * after an orderly stop and 1 after anything else. A second signal ends the grace; another one exits at once.
   *
   * An error that no code handles, such as that of a promise without an `await`, is a CRITICAL line and stops the service, in
   * at most 10 seconds and with exit code 1.
   */
  run(): Promise<never>;
}
