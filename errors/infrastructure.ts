import { extendLayout } from "./_layout.ts";
import { builtIn, type ErrorClass, type FixedOptions, registerBuiltIn } from "./define_error.ts";
import { hide } from "./glam_error.ts";
import { InfrastructureError, type InfrastructureErrorOptions } from "./infrastructure_error.ts";

/** The database failed (503 `DATABASE_ERROR`); `errorCode` is the SQLSTATE. */
export const DatabaseError: ErrorClass<
  { operation?: string; table?: string; errorCode?: string } & FixedOptions<"service">,
  typeof InfrastructureError
> = builtIn({
  name: "DatabaseError",
  extends: InfrastructureError,
  code: "DATABASE_ERROR",
  details: { service: "database" },
});
/** An instance of {@link DatabaseError}. */
export type DatabaseError = InstanceType<typeof DatabaseError>;

/** Redis failed (503 `REDIS_ERROR`). */
export const RedisError: ErrorClass<
  { operation?: string; key?: string } & FixedOptions<"service">,
  typeof InfrastructureError
> = builtIn({
  name: "RedisError",
  extends: InfrastructureError,
  code: "REDIS_ERROR",
  details: { service: "redis" },
});
/** An instance of {@link RedisError}. */
export type RedisError = InstanceType<typeof RedisError>;

/** Object storage failed (503 `S3_ERROR`). */
export const S3Error: ErrorClass<
  { operation?: string; bucket?: string; key?: string; errorCode?: string } & FixedOptions<"service">,
  typeof InfrastructureError
> = builtIn({
  name: "S3Error",
  extends: InfrastructureError,
  code: "S3_ERROR",
  details: { service: "s3" },
});
/** An instance of {@link S3Error}. */
export type S3Error = InstanceType<typeof S3Error>;

/** A call to another service failed (503 `UPSTREAM_SERVICE_ERROR`); `upstreamService` is the `service`. */
export const UpstreamServiceError: ErrorClass<
  & { upstreamService?: string; upstreamStatus?: number; upstreamError?: string; endpoint?: string }
  & FixedOptions<"service">,
  typeof InfrastructureError
> = builtIn({
  name: "UpstreamServiceError",
  extends: InfrastructureError,
  code: "UPSTREAM_SERVICE_ERROR",
  keys: { upstreamService: "service" },
});
/** An instance of {@link UpstreamServiceError}. */
export type UpstreamServiceError = InstanceType<typeof UpstreamServiceError>;

/** A circuit breaker is open (503 `CIRCUIT_OPEN`), never retryable; `serviceName` is the `service`. */
export const CircuitOpenError: ErrorClass<
  { serviceName?: string; failureCount?: number; openUntil?: string } & FixedOptions<"service" | "retryable">,
  typeof InfrastructureError
> = builtIn({
  name: "CircuitOpenError",
  extends: InfrastructureError,
  code: "CIRCUIT_OPEN",
  details: { retryable: false },
  keys: { serviceName: "service" },
});
/** An instance of {@link CircuitOpenError}. */
export type CircuitOpenError = InstanceType<typeof CircuitOpenError>;

/** Options of {@link MessageBusError}. */
export interface MessageBusErrorOptions extends Omit<InfrastructureErrorOptions, "service"> {
  /** The operation: `publish`, `subscribe`. */
  readonly operation?: string | undefined;
  /** Name of the stream. */
  readonly stream?: string | undefined;
  /** Subject of the message. */
  readonly subject?: string | undefined;
  /** What kind of failure it is. */
  readonly kind?: MessageBusErrorKind | undefined;
}

/** What kind of failure of the message bus it is: one of these, or another word. */
export type MessageBusErrorKind =
  | "no_stream"
  | "timeout"
  | "too_large"
  | "unavailable"
  | (string & Record<never, never>);

/** The message bus failed (503 `MESSAGE_BUS_ERROR`). */
export class MessageBusError extends InfrastructureError {
  /** Code of instances that are not given another. */
  static override readonly code: string = "MESSAGE_BUS_ERROR";

  static {
    hide(this.prototype, "name", "MessageBusError");
    extendLayout(this, { details: { service: "nats" } });
    registerBuiltIn(this);
  }

  /** An error with this message. */
  constructor(message: string, options?: MessageBusErrorOptions) {
    super(message, options);
  }

  /** What kind of failure it is, where it is known. */
  get kind(): MessageBusErrorKind | undefined {
    return this.details["kind"] as string | undefined;
  }
}
