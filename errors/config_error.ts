import { GlamError, type GlamErrorOptions, hide } from "./glam_error.ts";

/** One thing that is wrong with a configuration. No value is in it. */
export interface ConfigProblem {
  /** Where in the configuration, such as `database.port`; empty for all of it. */
  readonly path: string;
  /** Who says so: `config/services/catalog.yml:4`, or the name of a variable; without it nobody sets the value. */
  readonly source?: string | undefined;
  /** What was expected, and what to do. */
  readonly message: string;
}

/** Options of {@link ConfigError}. */
export interface ConfigErrorOptions extends GlamErrorOptions {
  /** All that is wrong. */
  readonly problems?: readonly ConfigProblem[] | undefined;
}

/** A configuration the service cannot run with (500 `CONFIG_ERROR`). */
export class ConfigError extends GlamError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "CONFIG_ERROR";

  static {
    hide(this.prototype, "name", "ConfigError");
  }

  /** An error with this message. */
  constructor(message: string, options?: ConfigErrorOptions) {
    super(message, options);
  }

  /** All that is wrong, as far as it was told: `details.problems`. */
  get problems(): readonly ConfigProblem[] {
    return (this.details["problems"] ?? []) as readonly ConfigProblem[];
  }
}
