import { MAX_TIMER_MS } from "../internal/clock.ts";
import { isInProcess } from "../internal/in_process_request.ts";
import { ON_DENO } from "../internal/runtime.ts";
import { type Network, parseAddress } from "./_ip_address.ts";
import type { DeadlineTrust } from "./_deadline_trust.ts";
import type { ContextLike } from "./_hono.ts";
import { type RequestState, stateOf } from "./_request_state.ts";
import { limitTime } from "./_timeout.ts";
import { peerOf } from "./client_ip.ts";

const HEADER = "x-request-timeout-ms";
/** No request has less: what it finds out below that is lost on the way back. */
const LEAST_MS = 5;

/** The time that the caller waits, where that is known and believed as soon as the request is there. */
export function callerTimeAtArrival(c: ContextLike, { mode, peers }: DeadlineTrust): number | undefined {
  if (mode === "ignore") return undefined;
  if (mode !== "all" && !isInProcess(c.req.raw) && (peers.length === 0 || !isPeer(c, peers))) {
    return undefined;
  }
  return callerTime(c);
}

/** Runs the handler of an endpoint in the time that its caller waits, where authentication found a service of ours. */
export function withinCallerTime<Result>(c: ContextLike, run: () => Promise<Result>): Promise<Result> {
  const state = stateOf(c);
  if (state === undefined || state.settings.deadlines.mode !== "trusted") return run();
  if (state.deadline?.callerMs !== undefined || state.context.sourceService === undefined) return run();
  const ms = callerTime(c);
  return ms === undefined ? run() : limitTime({ callerMs: ms }, c, run, state);
}

/** Whether a 504 is what the caller's own deadline made of the request, which is no failure of this service. */
export function outlivedItsCaller({ deadline, context }: RequestState, status: number): boolean {
  // What a handler called in the same time may say so a moment before the deadline itself does.
  return status === 504 && deadline?.isCallers === true && Date.now() >= context.deadlineAt! - LEAST_MS;
}

function isPeer(c: ContextLike, peers: readonly Network[]): boolean {
  const address = parseAddress(peerOf(c) ?? "");
  return address !== undefined && peers.some((network) => network.contains(address));
}

/** What the header says: a positive number of at most ten digits, as Connect's `Connect-Timeout-Ms`. */
function callerTime({ req: { raw: { headers } } }: ContextLike): number | undefined {
  if (ON_DENO && !headers.has(HEADER)) return undefined; // see `createContext`
  const text = headers.get(HEADER);
  if (text === null || !/^[1-9]\d{0,9}$/.test(text)) return undefined;
  return Math.min(Math.max(Number(text), LEAST_MS), MAX_TIMER_MS);
}
