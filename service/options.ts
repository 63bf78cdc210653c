import type { HealthCheck, HealthCheckOptions } from "../api/health_checks.ts";
import type { Database } from "../db/database.ts";
import type { MigrationFile } from "../db/migrate/migration_file.ts";
import type { MigrationRun } from "../db/migrate/options.ts";
import type { MigrationStatus } from "../db/migrate/status.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { EnsureStreamsOptions } from "../messaging/bus/ensure_streams.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";

/** Options of {@link createService}. Whatever is given here is closed with the service, also when it cannot start. */
export interface ServiceOptions {
  /** Name of the service, for its log lines, health and answers. */
  readonly name: string;
  /**
   * The application: a Hono app, or anything with its `fetch`. A worker without one answers its probes only.
   * @default none
   */
  readonly app?: AppLike | undefined;
  /**
   * The database. With `lazy: true` it is the start that finds out whether it is there, and says so.
   * @default none
   */
  readonly database?: Database | undefined;
  /**
   * The migrations of the database: their folder, the files themselves, or a `Migrator`. A folder may lack what the database
   * has already, as that of an older replica does while a newer one is deployed.
   * @default none
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | MigratorLike | undefined;
  /**
   * What the start does about migrations: `verify` refuses to start while some are pending, `up` applies them first.
   * @default "verify"
   */
  readonly migrate?: "up" | "verify" | undefined;
  /**
   * The message bus.
   * @default none
   */
  readonly bus?: MessageBus | undefined;
  /**
   * How the streams of the fleet are ensured on the bus; `false` for not at all.
   * @default {}
   */
  readonly streams?: EnsureStreamsOptions | false | undefined;
  /**
   * Listeners that are not started yet.
   * @default []
   */
  readonly listeners?: readonly Listener[] | undefined;
  /**
   * The outbox, whose relay then runs in this service, or a relay with options of its own.
   * @default none
   */
  readonly outbox?: OutboxLike | RelayLike | undefined;
  /**
   * Health checks beside those of the database, the bus, the listeners and the relay. Names are public.
   * @default {}
   */
  readonly checks?: Readonly<Record<string, HealthCheck | HealthCheckOptions>> | undefined;
  /**
   * What the service is not ready without; the rest only degrades it. A service whose requests need nothing but the database
   * stays in rotation without the broker by `["database"]`.
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
   * How long requests are still served after the service has said that it is not ready any more: as long as load balancers
   * take to notice.
   * @default 5000
   */
  readonly graceMs?: number | undefined;
  /**
   * How long each step may take.
   * @default {}
   */
  readonly deadlines?: ServiceDeadlines | undefined;
  /**
   * Runs when database, migrations and streams are in order, and before the relay, the listeners and HTTP start. The signal
   * aborts when the service is stopped.
   * @default nothing
   */
  readonly onStart?: ((signal: AbortSignal) => Promise<void> | void) | undefined;
  /**
   * Runs when nothing is being handled any more, and before bus and database are closed: closes what the service does not
   * know of. Runs also when the start failed after `onStart`.
   * @default nothing
   */
  readonly onStop?: (() => Promise<void> | void) | undefined;
  /**
   * Where the steps of starting and stopping are written.
   * @default createLogger(name)
   */
  readonly logger?: LoggerLike | undefined;
}

/** Milliseconds that each step may take, until the next one begins without it. */
export interface ServiceDeadlines {
  /**
   * Each step of the start but `migrate: "up"`, which takes what it takes.
   * @default 30000
   */
  readonly start?: number | undefined;
  /**
   * Requests under way.
   * @default 10000
   */
  readonly http?: number | undefined;
  /**
   * All listeners, side by side; should be more than their `graceMs`.
   * @default 24000
   */
  readonly listeners?: number | undefined;
  /**
   * The relay's last events.
   * @default 5000
   */
  readonly outbox?: number | undefined;
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
  | "migrations"
  | "onStart"
  | "onStop"
  | "outbox"
  | "streams";

/** A part whose health the service looks at. */
export type CheckedPart = "bus" | "database" | "listeners" | "outbox";

/** An application: takes a request and what the server knows of it. */
export interface AppLike {
  /** Answers a request. */
  readonly fetch: (request: Request, env?: never) => Response | Promise<Response>;
}

/** What of a `Migrator` is used. */
export interface MigratorLike {
  /** Where the database stands. */
  status(): Promise<MigrationStatus>;
  /** Applies what is pending. */
  up(options: { readonly signal: AbortSignal }): Promise<readonly MigrationRun[]>;
}

/** What of an outbox is used. */
export interface OutboxLike {
  /** The relay that publishes its events on a bus. */
  relay(bus: MessageBus): RelayLike;
}

/** What of a relay is used. */
export interface RelayLike {
  /** Rejects when it is over without having been stopped. */
  readonly finished: Promise<unknown>;
  /** Starts to publish. */
  start(): Promise<void> | void;
  /** Publishes what is due, and ends. */
  stop(): Promise<void>;
  /** How it is. */
  health(): unknown;
}
