import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { findProgram } from "./find_program.ts";
import { freePort } from "./free_port.ts";
import { type DevServer, startServer } from "./server_process.ts";

const STOP_MS = 10_000;

/** The path of `nats-server`, if it is installed. */
export function findNats(): Promise<string | undefined> {
  return findProgram("nats-server", ["/usr/sbin"]);
}

/** Starts NATS with JetStream on a free port, with its streams in a folder. */
export async function startNats(program: string, folder: string): Promise<DevServer> {
  const data = join(folder, "nats");
  await mkdir(data, { recursive: true });
  const port = await freePort();
  const child = await startServer({
    program,
    args: ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", data, "-P", `${data}.pid`],
    log: `${data}.log`,
    pidFile: `${data}.pid`,
    isReady: () => answers(port),
  });
  return {
    url: `nats://127.0.0.1:${port}`,
    async stop() {
      await child.stop("SIGTERM", STOP_MS);
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "data"); // its INFO
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
