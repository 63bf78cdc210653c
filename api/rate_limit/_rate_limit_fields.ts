/** What the headers of an answer say of the policies that hold for a request. */
export interface RateLimitFields {
  /** `RateLimit-Policy`. */
  readonly policy: string;
  /** `RateLimit`. */
  readonly limit: string;
}
