import { CircuitOpenError } from "../errors/infrastructure.ts";
import { outsideContext } from "../internal/outside_context.ts";
import type { AttemptResult } from "./_attempt.ts";
import { FailureWindow } from "./_failure_window.ts";
import type { BreakerOptions } from "./options.ts";

/** Runs attempts, or refuses them while too many fail. */
export interface CircuitBreaker {
  /** @throws {CircuitOpenError} when it is open. */
  run(attempt: () => Promise<AttemptResult>): Promise<AttemptResult>;
}

/** A circuit breaker over the share of attempts that fail within a window. */
export async function circuitBreaker(
  service: string,
  { failureRatio, windowMs, minRequests, openMs }: BreakerOptions,
  onChange: (isOpen: boolean) => void,
): Promise<CircuitBreaker> {
  const { BrokenCircuitError, circuitBreaker, CircuitState, handleWhenResult } = await loadCockatiel(service);
  let openUntil = 0;
  const isFailure = handleWhenResult((result) => (result as AttemptResult).judgement === "failure");
  const make = (initialState?: unknown) => {
    const policy = circuitBreaker(isFailure, {
      halfOpenAfter: openMs,
      breaker: new FailureWindow(failureRatio, windowMs, minRequests),
      ...initialState !== undefined && { initialState },
    });
    policy.onBreak(() => {
      if (policy !== current) return;
      openUntil = Date.now() + openMs;
      onChange(true);
    });
    policy.onReset(() => {
      if (policy === current) onChange(false);
    });
    return policy;
  };
  let current = make();
  const refusal = () => {
    const left = Math.max(0, openUntil - Date.now());
    return new CircuitOpenError(`${service} is not called: too many calls have failed`, {
      serviceName: service,
      openUntil: new Date(openUntil).toISOString(),
      details: { retry_after: Math.ceil(left / 1000) },
    });
  };
  return {
    async run(attempt) {
      const policy = current;
      // One probe is under way. Cockatiel would let all others wait for it, whatever time they have.
      if (policy.state === CircuitState.HalfOpen) throw refusal();
      let unjudged: AttemptResult | undefined;
      try {
        return await policy.execute(async () => {
          const result = await attempt();
          if (result.judgement !== "none") return result;
          // To cockatiel any other end of a probe is a success. The next call is to be the probe.
          if (policy === current && policy.state === CircuitState.HalfOpen) current = make(policy.toJSON());
          unjudged = result;
          throw result; // its caller gave it up: it says nothing about the service
        });
      } catch (error) {
        if (unjudged !== undefined) return unjudged;
        throw error instanceof BrokenCircuitError ? refusal() : error;
      }
    },
  };
}

function loadCockatiel(service: string): Promise<typeof import("cockatiel")> {
  // Bundlers do without the package where `catch` is on the import itself.
  return outsideContext(() =>
    import("cockatiel").catch((cause) => {
      throw new TypeError(
        `The \`breaker\` of "${service}" needs the package cockatiel. Run: npm install cockatiel@4`,
        { cause },
      );
    })
  );
}
