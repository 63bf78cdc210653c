import { registerBuiltIn } from "../errors/define_error.ts";
import { GlamError, type GlamErrorOptions, hide } from "../errors/glam_error.ts";
import type { ServicePart } from "./options.ts";

/** Options of {@link ServiceError}. */
export interface ServiceErrorOptions extends GlamErrorOptions {
  /** The part that failed. */
  readonly part?: ServicePart | undefined;
  /** The phase in which it failed. */
  readonly phase?: "running" | "starting" | "stopping" | undefined;
}

/** A service that could not start, failed while it ran, or did not stop in order (500 `SERVICE_ERROR`). */
export class ServiceError extends GlamError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "SERVICE_ERROR";

  static {
    hide(this.prototype, "name", "ServiceError");
    registerBuiltIn(this);
  }

  /** An error with this message. */
  constructor(message: string, options?: ServiceErrorOptions) {
    super(message, options);
  }

  /** The part that failed. */
  get part(): ServicePart | undefined {
    return this.details["part"] as ServicePart | undefined;
  }

  /** The phase in which it failed. */
  get phase(): "running" | "starting" | "stopping" | undefined {
    return this.details["phase"] as "running" | "starting" | "stopping" | undefined;
  }
}
