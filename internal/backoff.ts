/** How delays between attempts grow. Durations are milliseconds. */
export interface BackoffOptions {
  /** Upper bound of the first delay. */
  readonly minDelayMs: number;
  /** Upper bound of every delay. */
  readonly maxDelayMs: number;
  /** What the bound is multiplied by after each attempt. */
  readonly factor: number;
}

/**
 * The delay after failed attempt number `attempt` (from 1), with full jitter: uniform between 0 and the bound,
 * which spreads the clients of a recovering server best.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitter(
  attempt: number,
  options: BackoffOptions,
  random: () => number = Math.random,
): number {
  const bound = Math.min(options.maxDelayMs, options.minDelayMs * options.factor ** (attempt - 1));
  return random() * bound;
}
