import type { LogLevel } from "../logging/levels.ts";

/** Pauses listeners of one instance of a service, and sets its log level; nothing of it outlives the process. */
export interface Control {
  /** What is paused, and the level. */
  state(): Promise<ControlState>;
  /**
   * Pauses a listener by its name, as health has it: `<service>-<queueGroup>`.
   *
   * @throws {NotFoundError} when there is none.
   */
  pause(listener: string, options?: ControlOptions): Promise<ControlState>;
  /**
   * Resumes a listener.
   *
   * @throws {NotFoundError} when there is none.
   */
  resume(listener: string, options?: ControlOptions): Promise<ControlState>;
  /** Gives all loggers of the process another level for 15 minutes; without one, each has its own again at once. */
  setLevel(level: LogLevel | undefined, options?: ControlOptions): Promise<ControlState>;
}

/** Options of a change. */
export interface ControlOptions {
  /**
   * Who makes the change, for the log.
   * @default "unknown"
   */
  readonly by?: string | undefined;
}

/** What can be changed in an instance of a service. */
export interface ControlState {
  /** Its listeners. */
  readonly listeners: readonly {
    /** Its name. */
    readonly name: string;
    /** Whether it is paused. */
    readonly paused: boolean;
    /** Subjects of its events. */
    readonly subjects: readonly string[];
  }[];
  /** The level that all loggers have for the time; absent where each has its own. */
  readonly level?: LogLevel;
  /** Until when, ISO 8601, UTC. */
  readonly level_until?: string;
}
