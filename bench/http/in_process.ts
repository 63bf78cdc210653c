/**
 * Requests per second of the applications without a socket: rounds that take turns, and the median of each round's
 * ratio, so that a noisy machine disturbs both alike. Prints one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { median, medianRatio, takeTurns } from "../_statistics.ts";
import { type App, createFixed, createFloor, createGlam, createGlamLogging } from "./apps.ts";

const ROUNDS = 3;
const REQUESTS = 30_000;
const TURNS = 300;

const glam = await compare(createGlam(), createFloor());
const logging = await compare(await createGlamLogging(), createFloor());
const fixed = await compare(createGlam(), createFixed());
console.log(JSON.stringify({
  floorMicros: glam.peerMicros,
  glamMicros: glam.appMicros,
  glamRatio: glam.ratio,
  loggingRatio: logging.ratio,
  fixedRatio: fixed.ratio,
}));
process.exit(0);

/** An application against another one. */
async function compare(
  app: App,
  peer: App,
): Promise<{ appMicros: number; peerMicros: number; ratio: number }> {
  for (const each of [peer, app]) await measure(each, REQUESTS);
  const turn = (each: App) => () => measure(each, REQUESTS / TURNS);
  const seconds = await takeTurns(ROUNDS, { peer: turn(peer), app: turn(app) }, TURNS);
  return {
    appMicros: 1e6 * median(seconds.app) / REQUESTS,
    peerMicros: 1e6 * median(seconds.peer) / REQUESTS,
    ratio: medianRatio(seconds.peer, seconds.app),
  };
}

/** Seconds that so many requests take. */
async function measure(app: App, requests: number): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < requests; i++) {
    const response = await app.fetch(new Request("http://localhost/items/42"));
    if (response.status !== 200) {
      throw new Error(`Expected 200, got ${response.status}: ${await response.text()}`);
    }
  }
  return (performance.now() - startedAt) / 1000;
}
