import process from "node:process";
import { type RunningChild, startScript } from "../child_process.ts";

/** The services of the fleet. */
export type ServiceName = "credits" | "orders";

/** A process that runs a service. */
export interface Replica {
  readonly service: ServiceName;
  readonly environment: Readonly<Record<string, string>>;
  url: string;
  process: RunningChild;
}

const mains: Readonly<Record<ServiceName, URL>> = {
  credits: new URL("../../../examples/credits/main.ts", import.meta.url),
  orders: new URL("../../../examples/fleet/orders/main.ts", import.meta.url),
};

/** Starts a replica, and waits until it is ready. */
export async function startReplica(
  service: ServiceName,
  environment: Readonly<Record<string, string>>,
): Promise<Replica> {
  const { DATABASE_URL: _, ...own } = process.env;
  const env = { ...own, PORT: "0", NO_COLOR: "1", LOG_LEVEL: "WARNING", ...environment };
  const child = startScript(mains[service], [], { env });
  try {
    const printed = () =>
      new RegExp(`^${service} is on (http://[^\\s/]+?)\\.?(?: |$)`, "m").exec(child.out())?.[1];
    const url = (await child.reaches(printed, "it says where it is"))!;
    await child.reaches(() => isReady(url), "it is ready");
    return { service, environment, url, process: child };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

/** Kills a replica, and starts another in its place. */
export async function restartReplica(replica: Replica): Promise<void> {
  replica.process.signal("SIGKILL");
  await replica.process.ended();
  Object.assign(replica, await startReplica(replica.service, replica.environment));
}

/** Stops a replica as a deployment does. Gives the problem with how it ended, or nothing. */
export async function stopReplica({ service, process }: Replica): Promise<string[]> {
  process.signal("SIGTERM");
  const { code, signal, out, errors } = await process.ended();
  if (code === 0) return [];
  const said = (out + errors).slice(-2000);
  return [`A replica of ${service} that was asked to stop ended with ${code ?? signal}:\n${said}`];
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}
