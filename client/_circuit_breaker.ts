import { CircuitOpenError } from "../errors/infrastructure.ts";
import { outsideContext } from "../internal/outside_context.ts";
import type { BreakerOptions } from "./options.ts";

/** Runs attempts, or refuses them while too many fail. */
export interface CircuitBreaker {
  /** @throws {CircuitOpenError} when it is open. */
  run<T>(attempt: () => Promise<T>): Promise<T>;
}

/** A breaker that counts nothing and lets everything through. */
export const NO_BREAKER: CircuitBreaker = { run: (attempt) => attempt() };

/** A failed attempt that the breaker counts. */
export class CountedFailure extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("An attempt failed");
    this.failure = failure;
  }
}

/** A circuit breaker over the share of attempts that fail within a window. */
export async function circuitBreaker(
  service: string,
  { failureRatio, windowMs, minRequests, openMs }: BreakerOptions,
  onChange: (isOpen: boolean) => void,
): Promise<CircuitBreaker> {
  const { BrokenCircuitError, circuitBreaker, handleWhen, SamplingBreaker } = await outsideContext(() =>
    import("cockatiel")
  );
  let openUntil = 0;
  const policy = circuitBreaker(handleWhen((error) => error instanceof CountedFailure), {
    halfOpenAfter: openMs,
    breaker: new SamplingBreaker({
      threshold: Math.min(failureRatio, 1 - Number.EPSILON),
      duration: windowMs,
      minimumRps: minRequests * 1000 / windowMs,
    }),
  });
  policy.onBreak(() => {
    openUntil = Date.now() + openMs;
    onChange(true);
  });
  policy.onReset(() => onChange(false));
  return {
    async run(attempt) {
      try {
        return await policy.execute(attempt);
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        const left = Math.max(0, openUntil - Date.now());
        throw new CircuitOpenError(`${service} is not called at the moment: too many calls have failed`, {
          serviceName: service,
          openUntil: new Date(openUntil).toISOString(),
          details: { retry_after: Math.ceil(left / 1000) },
        });
      }
    },
  };
}
