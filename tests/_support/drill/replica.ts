import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../postgres.ts";

/** A process that runs the example. */
export interface Replica {
  readonly port: number;
  child: ChildProcess;
  output: string;
}

/** Starts a replica, and waits until it is ready. */
export async function startReplica(environment: Readonly<Record<string, string>>): Promise<Replica> {
  const port = await freePort();
  const replica = { port, ...spawnExample(port, environment) };
  collect(replica);
  await isReady(replica);
  return replica;
}

/** Kills a replica, and starts it again on its port. */
export async function restartReplica(
  replica: Replica,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const gone = once(replica.child, "exit");
  replica.child.kill("SIGKILL");
  await gone;
  Object.assign(replica, spawnExample(replica.port, environment));
  collect(replica);
  await isReady(replica);
}

/** Ends a replica as a deployment does; says what is wrong with how it ended. */
export async function stopReplica(replica: Replica): Promise<string[]> {
  const gone = once(replica.child, "exit");
  process.kill(replica.child.pid!, "SIGTERM"); // child.kill() on Deno reports the signal whatever the process made of it
  const [code] = await gone;
  return code === 0
    ? []
    : [`A replica that was asked to stop ended with ${code}:\n${replica.output.slice(-2000)}`];
}

function spawnExample(
  port: number,
  environment: Readonly<Record<string, string>>,
): { child: ChildProcess; output: string } {
  const main = fileURLToPath(new URL("../../../examples/credits/main.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", main] : [main];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment, PORT: String(port), NO_COLOR: "1", LOG_LEVEL: "WARNING" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, output: "" };
}

function collect(replica: Replica): void {
  for (const stream of [replica.child.stdout!, replica.child.stderr!]) {
    stream.setEncoding("utf8").on(
      "data",
      (text: string) => replica.output = (replica.output + text).slice(-20_000),
    );
  }
}

/** Waits until a replica is ready, however often it has to be asked. */
async function isReady(replica: Replica): Promise<void> {
  const { child, port } = replica;
  for (const deadline = performance.now() + 60_000;; await pause(25)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(2000) })
      .then(async (response) => (await response.text(), response.status), () => undefined);
    if (answer === 200) return;
    if (child.exitCode !== null) {
      throw new Error(`A replica ended with ${child.exitCode}:\n${replica.output}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`A replica was not ready in a minute:\n${replica.output}`);
    }
  }
}
