/**
 * Ports for programs that have to be told theirs. Whoever can listen on port 0 does that.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below those that systems give to whoever listens on port 0 or connects to somebody: so a port that was free a moment
// ago, or is to be listened on again after a pause, is taken only by who asks here, and by chance.
const LOWEST = 20_000;
const HIGHEST = 32_767;

/** A port of 127.0.0.1 that was free a moment ago. {@link onFreePort} also copes with one that is not any more. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isFree(port)) return port;
  }
}

/** Starts something on a port: with one after the other, for as long as `start` gives `undefined`, as it is taken. */
export async function onFreePort<T>(start: (port: number) => Promise<T | undefined>): Promise<T> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const started = await start(await freePort());
    if (started !== undefined) return started;
  }
  throw new Error("Found no port that stayed free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
