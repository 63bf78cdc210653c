import { GlamError, type GlamErrorOptions, hide } from "./glam_error.ts";

/** One problem of a configuration. It holds no value of the configuration. */
export interface ConfigProblem {
  /** The setting, such as `database.port`; empty where it is the whole configuration. */
  readonly path: string;
  /** Where the value is set: `config/services/catalog.yml:4`, or the name of a variable; absent where nothing sets it. */
  readonly source?: string | undefined;
  /** What was expected, and what to do. */
  readonly message: string;
}

/** Options of {@link ConfigError}. */
export interface ConfigErrorOptions extends GlamErrorOptions {
  /** All problems. */
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

  /** The problems of `details.problems`; empty where none were given. */
  get problems(): readonly ConfigProblem[] {
    return (this.details["problems"] ?? []) as readonly ConfigProblem[];
  }
}
