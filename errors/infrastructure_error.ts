import { GlamError, type GlamErrorOptions, hide } from "./glam_error.ts";

/** Options of {@link InfrastructureError}. */
export interface InfrastructureErrorOptions extends GlamErrorOptions {
  /** What failed: `database`, `nats`, the name of another service. */
  readonly service?: string | undefined;
  /**
   * Whether the same call may succeed later.
   * @default true
   */
  readonly retryable?: boolean | undefined;
}

/** A failure outside of this process (503 `INFRASTRUCTURE_ERROR`). */
export class InfrastructureError extends GlamError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "INFRASTRUCTURE_ERROR";
  /** HTTP status of instances that are not given another. */
  static override readonly status: number = 503;

  static {
    hide(this.prototype, "name", "InfrastructureError");
  }

  /** An error with this message; `details.retryable` is always there. */
  constructor(message: string, options?: InfrastructureErrorOptions) {
    super(message, options);
    this.details["retryable"] ??= true;
  }

  /** What failed, where it is known. */
  get service(): string | undefined {
    return this.details["service"] as string | undefined;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return this.details["retryable"] !== false;
  }
}
