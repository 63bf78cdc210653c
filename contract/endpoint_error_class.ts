import type { GlamError } from "../errors/glam_error.ts";

/** A class of errors, as endpoints name them. */
export interface EndpointErrorClass {
  /** An error of this class. */
  new (...args: never[]): GlamError;
  /** Stable code for programs. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
}
