import type { RunningChild } from "../child_process.ts";
import { startCredits, urlOf } from "../credits_example.ts";

/** A process that runs the example. */
export interface Replica {
  url: string;
  process: RunningChild;
}

/** Starts a replica, and waits until it is ready. */
export async function startReplica(environment: Readonly<Record<string, string>>): Promise<Replica> {
  const credits = startCredits({ ...environment, LOG_LEVEL: "WARNING" });
  try {
    const url = await urlOf(credits);
    await credits.reaches(() => isReady(url), "it is ready");
    return { url, process: credits };
  } catch (error) {
    await credits[Symbol.asyncDispose]();
    throw error;
  }
}

/** Kills a replica, and starts another in its place. */
export async function restartReplica(
  replica: Replica,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  replica.process.signal("SIGKILL");
  await replica.process.ended();
  Object.assign(replica, await startReplica(environment));
}

/** Stops a replica as a deployment does. Gives the problem with how it ended, or nothing. */
export async function stopReplica(replica: Replica): Promise<string[]> {
  replica.process.signal("SIGTERM");
  const { code, signal, out, errors } = await replica.process.ended();
  return code === 0
    ? []
    : [`A replica that was asked to stop ended with ${code ?? signal}:\n${(out + errors).slice(-2000)}`];
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}
