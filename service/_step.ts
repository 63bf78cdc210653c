import type { HttpServer } from "./_http_server.ts";
import type { Settings } from "./_settings.ts";
import type { WebSockets } from "./_web_sockets.ts";
import type { ServicePart } from "./options.ts";
import type { ServiceAddress } from "./service.ts";

/** A step of the start or the stop. */
export interface Step {
  readonly part: ServicePart;
  /** The log line when it is done. */
  readonly done: string;
  /** Milliseconds that it may take. */
  readonly deadlineMs: number;
  /** Runs the step; may return fields for the log line. */
  run(): Promise<Readonly<Record<string, unknown>> | void>;
  /** Milliseconds that it may take to end after the signal aborted. */
  readonly abortMs?: number;
  /** Called when the deadline has passed. */
  giveUp?(): Promise<void>;
}

/** The service whose parts the steps start and stop. */
export interface Startable {
  readonly settings: Settings;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
  /** The parts whose start has begun: these have to be stopped. */
  readonly begun: Set<unknown>;
  readonly server: HttpServer | undefined;
  readonly managementServer: HttpServer | undefined;
  /** The sockets that requests were upgraded to. */
  readonly sockets: WebSockets | undefined;
  /** Opens the management port. */
  listenForOperators(): Promise<ServiceAddress>;
  /** Starts the server. */
  listen(): Promise<ServiceAddress>;
  /** Waits no longer for the requests that a server still answers. */
  cutOff(server: HttpServer): Promise<void>;
  /** Stops the service after a permanent failure of a part. */
  fail(part: ServicePart, error: unknown): void;
}
