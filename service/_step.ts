import type { HttpServer } from "./_http_server.ts";
import type { Settings } from "./_settings.ts";
import type { ServicePart } from "./options.ts";
import type { ServiceAddress } from "./service.ts";

/** Something to do while starting or stopping. */
export interface Step {
  readonly part: ServicePart;
  /** Its log line, when it is done. */
  readonly done: string;
  /** Milliseconds that it may take. */
  readonly deadlineMs: number;
  /** Does it, and may give fields for the log line. */
  run(): Promise<Readonly<Record<string, unknown>> | void>;
  /** Milliseconds that it may take to heed the signal, when the service is stopped meanwhile. */
  readonly heedMs?: number;
  /** What to do when the deadline has passed. */
  giveUp?(): Promise<void>;
}

/** The service whose parts the steps start and stop. */
export interface Startable {
  readonly settings: Settings;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
  /** What has begun to start, and so has to be stopped. */
  readonly begun: Set<unknown>;
  readonly server: HttpServer | undefined;
  /** Starts the server. */
  listen(): Promise<ServiceAddress>;
  /** Stops the service, because a part does not work any more and will not by itself. */
  fail(part: ServicePart, error: unknown): void;
}
