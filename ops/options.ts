import type { Context } from "hono";
import type { Database } from "../db/database.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { RedactRule } from "../logging/redact.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import type { DeadLetters } from "../messaging/dead_letters/dead_letters.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { Control } from "../service/control.ts";
import type { Outbox } from "../messaging/outbox/outbox.ts";

/** Options of {@link createOpsApp}. */
export interface OpsOptions {
  /**
   * Who may see the page, and do what. It runs before anything else, for every request; whoever gets `false` finds nothing
   * there. {@link localOnly} is one for development.
   */
  readonly authorize: AuthorizeOps;
  /** The message bus of the fleet. */
  readonly bus: MessageBus;
  /**
   * The dead letters of the bus.
   * @default createDeadLetters(bus)
   */
  readonly deadLetters?: DeadLetters | undefined;
  /**
   * The outbox of this service.
   * @default none
   */
  readonly outbox?: Pick<Outbox, "dead" | "retry" | "status"> | undefined;
  /**
   * The listeners of this process.
   * @default []
   */
  readonly listeners?: readonly Listener[] | undefined;
  /**
   * The scheduler of this service, as `createScheduler` makes it.
   * @default none
   */
  readonly scheduler?: SchedulerLike | undefined;
  /**
   * The database of this service, whose health the overview shows.
   * @default none
   */
  readonly database?: Pick<Database, "health"> | undefined;
  /**
   * The control of this process, which takes its log level: `() => service.control`. A function, since a service is made
   * of its application.
   * @default none: the log level of this process is not offered
   */
  readonly control?: (() => Control | undefined) | undefined;
  /** Gets a line for every change, and for every look at a payload: who, what, and how many. */
  readonly logger: LoggerLike;
  /**
   * Name of this service, for titles.
   * @default "fleet"
   */
  readonly service?: string | undefined;
  /**
   * What is hidden in payloads, headers and messages, in addition to what a log hides.
   * @default []
   */
  readonly redact?: RedactRule | readonly RedactRule[] | undefined;
}

/** The part of a scheduler that the page uses. */
export interface SchedulerLike {
  /** All schedules of the table. */
  list(): Promise<readonly ScheduleLike[]>;
  /** Lets no tick come until it is resumed. */
  pause(name: string): Promise<unknown>;
  /** Lets ticks come again. */
  resume(name: string): Promise<unknown>;
  /** Asks for a tick now. */
  trigger(name: string): Promise<unknown>;
}

/** A schedule, as the page shows it. */
export interface ScheduleLike {
  /** Its name. */
  readonly name: string;
  /** Its cron expression, if any. */
  readonly cron?: string | undefined;
  /** Milliseconds between ticks, if any. */
  readonly everyMs?: number | undefined;
  /** The time zone of the cron expression. */
  readonly timeZone: string;
  /** `active`, `paused`, `running` or `removed`. */
  readonly state: string;
  /** The next tick. */
  readonly nextAt: Date;
  /** The last tick. */
  readonly lastAt?: Date | undefined;
  /** How late the next tick is, in seconds. */
  readonly lagSeconds: number;
  /** The last runs, the newest first. */
  readonly runs: readonly {
    /** The time that the schedule said. */
    readonly at: Date;
    /** How long it took, in milliseconds. */
    readonly durationMs: number;
    /** How it ended. */
    readonly outcome: string;
    /** Message of its error, if any. */
    readonly error?: string | undefined;
  }[];
}

/** Says who asks, or `false` for anybody who may not know that there is a page. */
export type AuthorizeOps = (c: Context) => Operator | false | Promise<Operator | false>;

/** A person, or a program, that uses the page. */
export interface Operator {
  /** The name in the log. */
  readonly name: string;
  /** What it may do; without `read` it may do nothing. */
  readonly can: readonly OpsRight[];
  /**
   * The merchants whose dead letters and events it may see and change, one by one; what belongs to no merchant is hidden as
   * well.
   * @default all, and what belongs to none
   */
  readonly merchants?: readonly string[] | undefined;
}

/** What an {@link Operator} may do. */
export type OpsRight =
  /** See counts, subjects, ids, times and codes. */
  | "read"
  /** See payloads, header values and messages of errors; each look is a line in the log. */
  | "payloads"
  /** Publish dead letters again. */
  | "redrive"
  /** Delete dead letters. */
  | "purge"
  /** Let the outbox try dead events again. */
  | "retry"
  /** Pause and resume listeners. */
  | "pause"
  /** Run, pause and resume schedules. */
  | "schedules"
  /** Change the log level. */
  | "level";
