import type { Health } from "../api/health_checks.ts";
import { finishRoutes } from "../api/mounted_endpoints.ts";
import type { ServiceHealth } from "../api/service_health.ts";
import { ServiceUnavailableError } from "../errors/common.ts";
import { DeadlineExceeded, sleep, withDeadline } from "../internal/clock.ts";
import { readEnv } from "../internal/environment.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import { outsideContext } from "../internal/outside_context.ts";
import { errorFields, messageOf } from "./_error_text.ts";
import { findVersion } from "./_find_version.ts";
import type { LocalControl } from "./_local_control.ts";
import { createHandlers } from "./_fetch.ts";
import type { HttpServer } from "./_http_server.ts";
import { serve } from "./_serve.ts";
import type { Settings } from "./_settings.ts";
import { startSteps } from "./_start_steps.ts";
import type { Startable, Step } from "./_step.ts";
import { WebSockets } from "./_web_sockets.ts";
import { stopSteps } from "./_stop_steps.ts";
import type { Instance } from "./_micro_messages.ts";
import type { ServicePart } from "./options.ts";
import type { Service, ServiceAddress, ServiceState } from "./service.ts";
import { ServiceError } from "./service_error.ts";

/** The grace after an error that no code has handled, in milliseconds: the rest of the stop has as much time again. */
const MAX_CRASH_GRACE_MS = 5000;

/** What the service is, for its parts. */
interface Self {
  readonly build: { version: string | undefined; readonly runtime: string; readonly package: string };
  readonly control: LocalControl;
  instance(): string;
  service(): Service;
}

/** Starts a service once and stops it once, however often it is asked to. */
export class Lifecycle implements Startable {
  readonly settings: Settings;
  readonly health: Health & ServiceHealth;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
  /** The parts whose start has begun: these have to be stopped. */
  readonly begun: Set<unknown> = new Set();
  state: ServiceState = "new";
  address: ServiceAddress | undefined;
  management: ServiceAddress | undefined;
  /** Whether the grace goes on that a service has when it was ready. */
  inGrace = false;
  server: HttpServer | undefined;
  managementServer: HttpServer | undefined;
  sockets: WebSockets | undefined;
  readonly #self: Self;
  readonly #finished: PromiseWithResolvers<void>;
  readonly #abort = new AbortController();
  readonly #endOfGrace = new AbortController();
  readonly #cutOff = new AbortController();
  #starting: Promise<void> | undefined;
  #opening: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #failure: ServiceError | undefined;

  constructor(
    settings: Settings,
    health: Health & ServiceHealth,
    finished: PromiseWithResolvers<void>,
    self: Self,
  ) {
    this.#self = self;
    this.settings = settings;
    this.health = health;
    this.#finished = finished;
    this.signal = this.#abort.signal;
  }

  start(): Promise<void> {
    if (this.#starting === undefined && this.#stopping !== undefined) {
      return Promise.reject(new TypeError("Cannot start a service that was stopped; create another one"));
    }
    return this.#starting ??= this.#startOrClose();
  }

  /** Stops the service. While it stops already, `graceMs` shortens the grace period that runs. */
  stop(reason: string, graceMs?: number): Promise<void> {
    if (this.#stopping !== undefined && graceMs !== undefined) {
      const timer = setTimeout(() => this.#endOfGrace.abort(), graceMs);
      this.#endOfGrace.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    }
    return this.#stopping ??= this.#close(reason, graceMs ?? this.settings.graceMs);
  }

  /** Stops the service after a permanent failure of a part. */
  readonly fail = (part: ServicePart, error: unknown): void => {
    if (this.#stopping !== undefined) return;
    const { logger, name } = this.settings;
    this.#failure = new ServiceError(`Cannot go on with "${name}": ${part}: ${messageOf(error)}`, {
      part,
      phase: "running",
      cause: error,
    });
    logger.critical("A part of the service failed for good", { part, error });
    this.stop(`${part} failed`);
  };

  /** Stops the service after an error that no code of the process has handled: its state is not known any more. */
  crash(what: string, error: unknown): void {
    const { graceMs, logger, name } = this.settings;
    logger.critical(`${what}: the service stops`, { error });
    this.#failure ??= new ServiceError(`Cannot go on with "${name}": ${what}: ${messageOf(error)}`, {
      phase: this.state === "starting" ? "starting" : "running",
      cause: error,
    });
    // The error may come with the async context of a request, which the line above shows.
    outsideContext(() => this.stop(what, Math.min(graceMs, MAX_CRASH_GRACE_MS)));
  }

  /** Waits no longer for the requests that are still answered. */
  async cutOff(server: HttpServer): Promise<void> {
    this.#cutOff.abort(new ServiceUnavailableError("The service stops"));
    await server.close();
  }

  /** Opens the management port. */
  async listenForOperators(): Promise<ServiceAddress> {
    const { management, options } = this.settings;
    const { app } = options.management!;
    const { createManagementHandlers } = await import("./_management_fetch.ts");
    const mounted = typeof app === "function" ? app(this.#self.service()) : app;
    const handlers = createHandlers(this.settings, this.health);
    const server = await serve({
      ...createManagementHandlers(this.settings, { ...this.health, port: "management" }, mounted, handlers),
      ...management!,
      option: "management.port",
      websocket: false,
    });
    if (this.signal.aborted) await server.close(); // the start has been given up
    this.managementServer = server;
    return this.management = addressOf(server);
  }

  /** Starts the server. */
  async listen(): Promise<ServiceAddress> {
    const { hostname, logger, options: { websocket = false }, port } = this.settings;
    const sockets = websocket ? await WebSockets.load(logger) : undefined;
    const health = {
      ...this.health,
      cutOff: this.#cutOff.signal,
      ...this.settings.management !== undefined && { port: "public" as const },
    };
    const handlers = createHandlers(this.settings, health, sockets);
    const server = await serve({ ...handlers, hostname, port, websocket });
    if (this.signal.aborted) await server.close(); // the start has been given up
    this.server = server;
    this.sockets = sockets;
    return this.address = addressOf(server);
  }

  async #startOrClose(): Promise<void> {
    this.#opening = this.#open();
    try {
      await this.#opening;
    } catch (error) {
      await this.stop("the start failed");
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { logger, name, options: { app } } = this.settings;
    const startedAt = performance.now();
    this.state = "starting";
    this.#self.build.version ??= await findVersion();
    try {
      finishRoutes(app, logger);
    } catch (error) {
      throw this.#startError("http", name, error);
    }
    for (const step of startSteps(this)) {
      const begunAt = performance.now();
      try {
        this.signal.throwIfAborted();
        const work = this.#untilStopped(step.run(), step.abortMs);
        const fields = await withDeadline(work, step.deadlineMs, `it took over ${step.deadlineMs} ms`);
        logger.info(step.done, { part: step.part, ...fields, duration_ms: since(begunAt) });
      } catch (error) {
        throw this.#startError(step.part, name, error);
      }
    }
    this.state = "ready";
    const { announce: isAnnounced = true, bus, control: isControlled = false } = this.settings.options;
    if (isControlled && bus !== undefined) void this.#takeCommands(bus);
    if (isAnnounced && bus !== undefined) {
      const { announce } = await import("./_announce.ts");
      const { health, settings, signal } = this;
      void announce({ bus, health, instance: this.#instance(), settings, signal });
    }
    const { version } = this.#self.build;
    const fields = { url: this.address?.url, ...version !== undefined && { version } };
    logger.info("Service ready", { ...fields, duration_ms: since(startedAt) });
  }

  async #takeCommands(bus: MessageBus): Promise<void> {
    const { settings: { logger, name }, signal } = this;
    const { control, instance } = this.#self;
    const { serveControl } = await import("./_serve_control.ts");
    await serveControl({ bus, control, instance: instance(), logger, service: name, signal });
  }

  #instance(): Instance {
    const { settings: { name }, address } = this;
    const { build, instance } = this.#self;
    const { runtime, version } = build;
    // A container's name says more than `localhost`.
    const host = address!.hostname === "0.0.0.0" ? readEnv("HOSTNAME") : undefined;
    const url = host === undefined ? address!.url : `http://${host}:${address!.port}`;
    const metadata = { url, runtime, package: build.package };
    return { service: name, id: instance(), version, metadata, startedAt: new Date() };
  }

  #startError(part: ServicePart, name: string, error: unknown): ServiceError {
    if (this.#failure !== undefined) return this.#failure; // a part that had started has failed meanwhile
    if (this.signal.aborted) {
      const message = `Cannot start "${name}": it was stopped before it was ready`;
      return new ServiceError(message, { part, phase: "starting", cause: error });
    }
    const message = `Cannot start "${name}": ${part}: ${messageOf(error)}`;
    this.#failure = new ServiceError(message, { part, phase: "starting", cause: error });
    this.settings.logger.critical(message, { part, ...errorFields(error) });
    return this.#failure;
  }

  /** The result of `work`. When the service stops first, rejects `abortMs` milliseconds later at the latest. */
  #untilStopped<T>(work: Promise<T>, abortMs = 0): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const onAbort = async () => {
        await withDeadline(work, abortMs, "").catch(() => {});
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  async #close(reason: string, graceMs: number): Promise<void> {
    const { logger, name } = this.settings;
    const stoppedAt = performance.now();
    const wasReady = this.state === "ready";
    this.state = "stopping"; // readiness fails from here on
    logger.info("Service stopping", { reason, grace_ms: wasReady ? graceMs : 0 });
    this.#abort.abort();
    await this.#opening?.catch(() => {});
    if (wasReady && graceMs > 0) {
      this.inGrace = true;
      await sleep(graceMs, this.#endOfGrace.signal).catch(() => {});
      this.inGrace = false;
      logger.info("Grace is over", { duration_ms: since(stoppedAt) });
    }
    this.#endOfGrace.abort();
    const problems: ServiceError[] = [];
    for (const step of stopSteps(this)) {
      const problem = await this.#runStopStep(step);
      if (problem !== undefined) problems.push(problem);
    }
    if (this.#failure !== undefined) problems.unshift(this.#failure);
    this.state = "stopped";
    this.#self.control.end();
    logger.info("Service stopped", { duration_ms: since(stoppedAt), in_order: problems.length === 0 });
    if (problems.length === 0) return this.#finished.resolve();
    if (problems.length === 1 || this.#failure !== undefined) return this.#finished.reject(problems[0]!);
    this.#finished.reject(
      new ServiceError(
        `"${name}" did not stop in order: ${problems.map(({ message }) => message).join("; ")}`,
        {
          part: problems[0]!.part,
          phase: "stopping",
          cause: new AggregateError(problems),
        },
      ),
    );
  }

  async #runStopStep(step: Step): Promise<ServiceError | undefined> {
    const { logger } = this.settings;
    const { part, deadlineMs } = step;
    const begunAt = performance.now();
    try {
      await withDeadline(step.run(), deadlineMs, `Stopping ${part} took over ${deadlineMs} ms`);
      logger.info(step.done, { part, duration_ms: since(begunAt) });
      return undefined;
    } catch (error) {
      const isLate = error instanceof DeadlineExceeded;
      if (isLate) {
        logger.error("A step of the stop passed its deadline, and the next one begins", {
          part,
          deadline_ms: deadlineMs,
        });
        step.giveUp?.().catch(() => {});
      } else logger.error("A step of the stop failed, and the next one begins", { part, error });
      const message = isLate ? error.message : `Stopping ${part} failed: ${messageOf(error)}`;
      return new ServiceError(message, { part, phase: "stopping", cause: error });
    }
  }
}

function addressOf({ hostname, port }: HttpServer): ServiceAddress {
  const local = ["0.0.0.0", "::"].includes(hostname) ? "localhost" : hostname;
  return { hostname, port, url: `http://${local.includes(":") ? `[${local}]` : local}:${port}` };
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100;
}
