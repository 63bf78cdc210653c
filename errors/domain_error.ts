import { GlamError, type GlamErrorOptions, hide } from "./glam_error.ts";

/** A violated business rule (400 `DOMAIN_ERROR`). */
export class DomainError extends GlamError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "DOMAIN_ERROR";
  /** HTTP status of instances that are not given another. */
  static override readonly status: number = 400;

  static {
    hide(this.prototype, "name", "DomainError");
  }

  /** An error with this message. */
  constructor(message: string, options?: GlamErrorOptions) {
    super(message, options);
  }
}
