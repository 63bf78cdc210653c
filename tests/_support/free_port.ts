/**
 * Free ports for programs that cannot listen on port 0.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

// Below the ephemeral ports of the system, so that a port that was just free, or is used again after a restart, is taken
// only by another test that asks here, and only by chance.
const LOWEST = 20_000;
const HIGHEST = 32_767;

/** A port of 127.0.0.1 that was free a moment ago. {@link onFreePort} also handles that it is taken meanwhile. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

/** Starts something on a free port. Tries another port when `start` gives `undefined` because the port is taken. */
export function onFreePort<T>(start: (port: number) => Promise<T | undefined>): Promise<T> {
  return onFreePorts(1, ([port]) => start(port!));
}

/** As {@link onFreePort}, for several ports. */
export async function onFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const started = await start(await freePorts(count));
    if (started !== undefined) return started;
  }
  throw new Error("Found no port that stayed free");
}

/** Distinct ports: each is held until the last one is found. */
async function freePorts(count: number): Promise<number[]> {
  const holders = new Map<number, Server>();
  try {
    while (holders.size < count) {
      const port = randomInt(LOWEST, HIGHEST + 1);
      const holder = await hold(port);
      if (holder !== undefined) holders.set(port, holder);
    }
    return [...holders.keys()];
  } finally {
    await Promise.all(
      [...holders.values()].map((holder) => new Promise((resolve) => holder.close(resolve))),
    );
  }
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
