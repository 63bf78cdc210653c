import { withDeadline } from "../../internal/clock.ts";
import type { Store } from "./_store.ts";
import type { RelayHealth } from "./outbox.ts";

/** Time limit of the database's answer. */
const HEALTH_MS = 1000;

/** State of a relay. */
export interface RelayState {
  readonly store: Store;
  readonly listening: boolean;
  readonly connected: boolean;
  /** Whether the relay was stopped, or has ended. */
  readonly over: boolean;
  /** Subjects whose stream does not answer. */
  readonly silent: number;
  readonly degradedAfterMs: number;
}

/** The health of a started relay. */
export async function relayHealth(state: RelayState): Promise<RelayHealth> {
  const { store, listening, connected, over, silent, degradedAfterMs } = state;
  if (over) return { status: "unhealthy", reasons: ["The relay was stopped"], listening };
  const counts = await withDeadline(store.counts(), HEALTH_MS, "No answer").catch(() => undefined);
  if (counts === undefined) {
    return { status: "unhealthy", reasons: ["The database does not answer"], listening };
  }
  const { pending, dead, oldest_age_seconds: age = 0 } = counts;
  const reasons = [
    ...connected ? [] : ["The bus is away"],
    ...silent === 0 ? [] : [`Subjects whose stream does not answer: ${silent}`],
    ...age * 1000 < degradedAfterMs ? [] : [`The oldest event has been due for ${Math.round(age)} s`],
    ...dead === 0 ? [] : [`${dead} events are dead`],
  ];
  return {
    status: reasons.length === 0 ? "healthy" : "degraded",
    reasons,
    listening,
    pending,
    dead,
    ...counts.oldest_age_seconds !== undefined && { oldest_age_seconds: age },
  };
}
