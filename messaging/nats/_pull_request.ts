import type { PullEnd } from "../bus/consumer.ts";

const MIN_HEARTBEAT_MS = 100;

/**
 * The end of the body of a pull request (`CONSUMER.MSG.NEXT`), behind its `batch`.
 *
 * @throws {RangeError} when a duration is too short.
 */
export function pullTimes(expiresMs: number, heartbeatMs: number): string {
  if (!(expiresMs > 0)) throw new RangeError(`Expected \`expiresMs\` to be more than 0, got ${expiresMs}`);
  if (!(heartbeatMs >= MIN_HEARTBEAT_MS)) {
    throw new RangeError(`Expected \`heartbeatMs\` to be at least ${MIN_HEARTBEAT_MS}, got ${heartbeatMs}`);
  }
  // The server refuses a heartbeat of more than half of the expiry.
  const heartbeat = Math.min(heartbeatMs, expiresMs / 2);
  return `,"expires":${Math.round(expiresMs * 1e6)},"idle_heartbeat":${Math.round(heartbeat * 1e6)}}`;
}

/** Why a pull request has ended, by the status of the server's message; that is no heartbeat. */
export function pullEndOf(code: number, description: string): PullEnd["reason"] {
  if (code === 503 || (code === 409 && /(consumer|stream) deleted/i.test(description))) {
    return "consumer_gone";
  }
  return code === 408 || code === 404 ? "expired" : "interrupted";
}
