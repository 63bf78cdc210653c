import type { EndpointErrorClass } from "../contract/endpoint_error_class.ts";
import type { SchemaLike } from "../contract/schema_like.ts";

/** What `describeRoute` says of a route that has no contract. */
export interface RouteDescription {
  /** One line for people. */
  readonly summary?: string | undefined;
  /** What it does, in Markdown. */
  readonly description?: string | undefined;
  /** Groups in the document. */
  readonly tags?: readonly string[] | undefined;
  /** Whether it should not be called any more. */
  readonly deprecated?: boolean | undefined;
  /**
   * Stable name of the operation, in snake_case.
   * @default made of method and path
   */
  readonly operationId?: string | undefined;
  /** Schema of the data in the success envelope. */
  readonly data?: SchemaLike | undefined;
  /** Schema of an answer without an envelope. */
  readonly plain?: SchemaLike | undefined;
  /**
   * Status of a success.
   * @default 200
   */
  readonly status?: number | undefined;
  /** Classes of the errors that callers should expect. */
  readonly errors?: readonly EndpointErrorClass[] | undefined;
  /**
   * Whether it stays out of the document.
   * @default false
   */
  readonly internal?: boolean | undefined;
}
