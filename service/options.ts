import type { HealthCheck, HealthCheckOptions } from "../api/health_checks.ts";
import type { Database } from "../db/database.ts";
import type { MigrationFile } from "../db/migrate/migration_file.ts";
import type { MigrationRun } from "../db/migrate/options.ts";
import type { MigrationStatus } from "../db/migrate/status.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { EnsureStreamsOptions } from "../messaging/bus/ensure_streams.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import type { ResponderStats } from "../messaging/request/create_responder.ts";
import type { Service } from "./service.ts";

/** Options of {@link createService}. The service closes what it is given here, also when it cannot start. */
export interface ServiceOptions {
  /** Name of the service in log lines, health reports and the header `X-Service-Name`; printable ASCII. */
  readonly name: string;
  /**
   * Version of the service, in its health report and in the metric `glam_build_info`; printable ASCII without spaces.
   * @default `version` of the nearest deno.json or package.json, from the folder of the main module upwards
   */
  readonly version?: string | undefined;
  /**
   * The application: a Hono app, or any object with a `fetch`. Without one the service answers its probes only.
   * @default none
   */
  readonly app?: AppLike | undefined;
  /**
   * The database. With its option `lazy: true`, the start of the service checks that it answers.
   * @default none
   */
  readonly database?: Database | undefined;
  /**
   * The migrations of the database: their folder, the files themselves, or a `Migrator`. The database may have migrations
   * that the folder lacks: that is what an older replica finds during a deployment.
   * @default none
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | MigratorLike | undefined;
  /**
   * What the start does with pending migrations: `verify` refuses to start, `up` applies them first.
   * @default "verify"
   */
  readonly migrate?: "up" | "verify" | undefined;
  /**
   * The message bus.
   * @default none
   */
  readonly bus?: MessageBus | undefined;
  /**
   * Options for creating the fleet's streams on the bus; `false` creates none.
   * @default {}
   */
  readonly streams?: EnsureStreamsOptions | false | undefined;
  /**
   * Listeners that are not started yet.
   * @default []
   */
  readonly listeners?: readonly Listener[] | undefined;
  /**
   * Responders: the service closes them after HTTP has drained, and says what they answer where it is announced.
   * @default []
   */
  readonly responders?: readonly ResponderLike[] | undefined;
  /**
   * Whether the service answers NATS's Services protocol on its bus, so that `nats micro list` and operations pages find it:
   * with name, version, an id of this start, its URL, and the numbers of its parts. Where its credentials do not permit it,
   * that is one WARNING.
   * @default true
   */
  readonly announce?: boolean | undefined;
  /**
   * Whether the service takes commands from its bus, on `glam.ctl.<name>.<instance>`: to pause and resume listeners, and to
   * set the log level for 15 minutes. Everybody who may publish there may do that.
   * @default false
   */
  readonly control?: boolean | undefined;
  /**
   * The outbox, whose relay then runs in this service, or a relay that was made with options.
   * @default none
   */
  readonly outbox?: OutboxLike | RelayLike | undefined;
  /**
   * The scheduler, from `createScheduler`. It starts after the listeners, and stops before them.
   * @default none
   */
  readonly scheduler?: SchedulerLike | undefined;
  /**
   * Health checks beside those of the database, the bus, the listeners, the relay and the scheduler. Their names are public.
   * @default {}
   */
  readonly checks?: Readonly<Record<string, HealthCheck | HealthCheckOptions>> | undefined;
  /**
   * The parts without which the service is not ready; failures of the others only degrade its health. With `["database"]`
   * a service stays in rotation while the message bus is down. Without `bus`, streams and listeners also start in the
   * background, as soon as the bus answers, and HTTP does not wait for them.
   * @default all that it was given
   */
  readonly required?: readonly CheckedPart[] | undefined;
  /**
   * The port to listen on; 0 is any that is free.
   * @default the variable `PORT`, else 8080
   */
  readonly port?: number | undefined;
  /**
   * The address to listen on.
   * @default "0.0.0.0"
   */
  readonly hostname?: string | undefined;
  /**
   * A second port, for those who operate the service: metrics, health report and documentation of the application are there,
   * and no longer on the first. The probes are on both.
   * @default none
   */
  readonly management?: ManagementOptions | undefined;
  /**
   * Milliseconds during which requests are still served after readiness has failed: as long as load balancers take to
   * notice.
   * @default 5000
   */
  readonly graceMs?: number | undefined;
  /**
   * Milliseconds that each step may take.
   * @default {}
   */
  readonly deadlines?: ServiceDeadlines | undefined;
  /**
   * Whether the application has WebSocket routes, by `upgradeWebSocket` of this module. On Node it needs the package `ws`.
   * @default false
   */
  readonly websocket?: boolean | undefined;
  /**
   * Runs after the database, migrations and streams are ready, and before the relay, the listeners and HTTP start. The
   * signal aborts when the service stops.
   * @default nothing
   */
  readonly onStart?: ((signal: AbortSignal) => Promise<void> | void) | undefined;
  /**
   * Runs after HTTP, listeners and relay have stopped, and before bus and database are closed: closes the application's own
   * resources. Also runs when the start failed after `onStart` had begun.
   * @default nothing
   */
  readonly onStop?: (() => Promise<void> | void) | undefined;
  /**
   * Receives a line for each step of the start and the stop.
   * @default createLogger(name)
   */
  readonly logger?: LoggerLike | undefined;
}

/** The `management` of {@link ServiceOptions}. It needs a Hono application, or none. */
export interface ManagementOptions {
  /** The port to listen on; 0 is any that is free. */
  readonly port: number;
  /**
   * The address to listen on.
   * @default the `hostname` of the service
   */
  readonly hostname?: string | undefined;
  /**
   * Another application that only this port serves, or a function that makes it at the start.
   * @default none
   */
  readonly app?: AppLike | ((service: Service) => AppLike) | undefined;
}

/** Milliseconds that each step may take before the next one begins without it. */
export interface ServiceDeadlines {
  /**
   * Each step of the start, except `migrate: "up"`, which has no deadline.
   * @default 30000
   */
  readonly start?: number | undefined;
  /**
   * The requests that are being handled; responders have as much time again, and so has the management port.
   * @default 10000
   */
  readonly http?: number | undefined;
  /**
   * All listeners, at the same time; should be more than their `graceMs`.
   * @default 24000
   */
  readonly listeners?: number | undefined;
  /**
   * The outbox relay.
   * @default 5000
   */
  readonly outbox?: number | undefined;
  /**
   * The scheduler; should be more than its `graceMs`.
   * @default 12000
   */
  readonly scheduler?: number | undefined;
  /**
   * `onStop`.
   * @default 4000
   */
  readonly onStop?: number | undefined;
  /**
   * The bus.
   * @default 5000
   */
  readonly bus?: number | undefined;
  /**
   * The database; should be more than its `closeTimeoutMs`.
   * @default 6000
   */
  readonly database?: number | undefined;
}

/** A part of a service, as log lines and errors name it. */
export type ServicePart =
  | "bus"
  | "database"
  | "http"
  | "listeners"
  | "management"
  | "migrations"
  | "onStart"
  | "onStop"
  | "outbox"
  | "responders"
  | "scheduler"
  | "streams";

/** A part whose health the service checks. */
export type CheckedPart = "bus" | "database" | "listeners" | "outbox" | "scheduler";

/** An application: takes a request, and the object that the server passes beside it. */
export interface AppLike {
  /** Answers a request. */
  readonly fetch: (request: Request, env?: never) => Response | Promise<Response>;
}

/** The part of a `Migrator` that a service uses. */
export interface MigratorLike {
  /** The state of the migrations. */
  status(): Promise<MigrationStatus>;
  /** Applies the pending migrations. */
  up(options: { readonly signal: AbortSignal }): Promise<readonly MigrationRun[]>;
}

/** The part of a `Responder` that a service uses. */
export interface ResponderLike {
  /** Takes no new requests, and resolves when those in progress are answered. */
  close(): Promise<void>;
  /** The numbers of each subject that it answers. */
  stats?(): readonly ResponderStats[];
}

/** The part of an outbox that a service uses. */
export interface OutboxLike {
  /** The relay that publishes its events on a bus. */
  relay(bus: MessageBus): RelayLike;
}

/** The part of an outbox relay that a service uses. */
export interface RelayLike {
  /** Rejects when the relay ends without having been stopped. */
  readonly finished: Promise<unknown>;
  /** Starts to publish events. */
  start(): Promise<void> | void;
  /** Publishes the events that are due, and ends. */
  stop(): Promise<void>;
  /** Its health. */
  health(): unknown;
}

/** The part of a scheduler that a service uses. */
export interface SchedulerLike {
  /** Begins to wait for ticks. */
  start(): Promise<void>;
  /** Begins no more ticks, and waits for those that run. */
  stop(): Promise<void>;
  /** Its health. */
  health(): unknown;
}
