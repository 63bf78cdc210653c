/**
 * Requests per second of the applications without a socket: rounds that take turns, and the median of each round's
 * ratio to the floor, so that a noisy machine disturbs both alike. Prints one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { type App, createFloor, createGlam, createGlamLogging, createLeast } from "./apps.ts";

const ROUNDS = 11;
const REQUESTS = 30_000;
/**
 * Each round goes from one application to the next this often, so that a slow moment of the machine meets all of them,
 * and so do the pauses of the garbage collector: with turns about as long as it waits, it meets mostly one of them.
 */
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
  const rounds: { readonly floor: number; readonly app: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seconds = { floor: 0, app: 0 };
    for (let turn = 0; turn < TURNS; turn++) {
      seconds.floor += await measure(floor, REQUESTS / TURNS);
      seconds.app += await measure(app, REQUESTS / TURNS);
    }
    rounds.push(seconds);
  }
  const micros = (name: "app" | "floor") => 1e6 * median(rounds.map((round) => round[name])) / REQUESTS;
  return {
    floorMicros: micros("floor"),
    appMicros: micros("app"),
    ratio: median(rounds.map((round) => round.floor / round.app)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
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
