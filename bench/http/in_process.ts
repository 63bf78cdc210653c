/**
 * Requests per second of the applications without a socket: rounds that take turns, and the median of each round's
 * ratio to the floor, so that a noisy machine disturbs both alike. Prints one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { median, medianRatio, takeTurns } from "../_statistics.ts";
import { type App, createFloor, createGlam, createGlamLogging, createLeast } from "./apps.ts";

const ROUNDS = 11;
const REQUESTS = 30_000;
const TURNS = 300;

const floor = createFloor();
const glam = await compare(createGlam());
const logging = await compare(await createGlamLogging());
const least = await compare(createLeast());
console.log(JSON.stringify({
  floorMicros: glam.floorMicros,
  glamMicros: glam.appMicros,
  glamRatio: glam.ratio,
  loggingRatio: logging.ratio,
  leastRatio: least.ratio,
}));
process.exit(0);

/** An application against the floor. */
async function compare(app: App): Promise<{ floorMicros: number; appMicros: number; ratio: number }> {
  for (const each of [floor, app]) await measure(each, REQUESTS);
  const turn = (each: App) => () => measure(each, REQUESTS / TURNS);
  const seconds = await takeTurns(ROUNDS, { floor: turn(floor), app: turn(app) }, TURNS);
  return {
    floorMicros: 1e6 * median(seconds.floor) / REQUESTS,
    appMicros: 1e6 * median(seconds.app) / REQUESTS,
    ratio: medianRatio(seconds.floor, seconds.app),
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
