/**
 * Requests per second of the applications without a socket: rounds that take turns, and the median of each round's
 * ratio to the floor, so that a noisy machine disturbs both alike. Prints one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { type App, createFloor, createGlam, createGlamLogging } from "./apps.ts";

const ROUNDS = 11;
const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 30_000);

const floor = createFloor();
const glam = createGlam();
const logging = await createGlamLogging();

for (const app of [floor, glam, logging]) await measure(app);
const rounds: number[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  const order = [floor, glam, logging];
  if (round % 2 === 1) order.reverse();
  const rates = new Map<App, number>();
  for (const app of order) rates.set(app, await measure(app));
  rounds.push([rates.get(floor)!, rates.get(glam)!, rates.get(logging)!]);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
console.log(JSON.stringify({
  floorMicros: 1e6 / median(rounds.map(([f]) => f!)),
  glamMicros: 1e6 / median(rounds.map(([, g]) => g!)),
  glamRatio: median(rounds.map(([f, g]) => g! / f!)),
  loggingRatio: median(rounds.map(([f, , l]) => l! / f!)),
}));
process.exit(0);

/** Requests per second. */
async function measure(app: App): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < REQUESTS; i++) {
    const response = await app.fetch(new Request("http://localhost/items/42"));
    if (response.status !== 200) {
      throw new Error(`Expected 200, got ${response.status}: ${await response.text()}`);
    }
  }
  return REQUESTS / ((performance.now() - startedAt) / 1000);
}
