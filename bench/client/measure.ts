/**
 * Seconds that calls take over a socket, 64 at once: by a client, and by `fetch` and the schema. Rounds take turns; prints
 * one line of JSON.
 *
 *     deno run -A bench/client/measure.ts http://127.0.0.1:8080
 *
 * @module
 */
import process from "node:process";
import { createServiceClient } from "@glam/shared/client";
import { defineEndpoint } from "@glam/shared/contract";
import * as z from "zod";
import { median, medianRatio, takeTurns } from "../_statistics.ts";

const AT_ONCE = 64;
const CALLS = 16_000;
const ROUNDS = 5;
const TURNS = 80;

const baseUrl = process.argv[2]!;
const Item = z.object({ id: z.string(), name: z.string(), price: z.number(), tags: z.array(z.string()) });
const GetItem = defineEndpoint("GET /items/:id", { data: Item });
const client = createServiceClient({ service: "bench", baseUrl, endpoints: { GetItem } });

const subjects = {
  client: () => client.GetItem({ params: { id: "42" } }),
  byHand: async () => {
    const response = await fetch(`${baseUrl}/items/${encodeURIComponent("42")}`);
    if (!response.ok) throw new Error(`Expected 200, got ${response.status}`);
    return Item.parse((await response.json()).data);
  },
};

for (const each of Object.values(subjects)) await measure(each, CALLS);
const turn = (call: () => Promise<unknown>) => () => measure(call, CALLS / TURNS);
const seconds = await takeTurns(
  ROUNDS,
  { client: turn(subjects.client), byHand: turn(subjects.byHand) },
  TURNS,
);
console.log(JSON.stringify({
  ratio: medianRatio(seconds.byHand, seconds.client),
  clientMicros: 1e6 * median(seconds.client) / CALLS,
}));
process.exit(0);

/** Seconds that so many calls take, `AT_ONCE` at any time. */
async function measure(call: () => Promise<unknown>, calls: number): Promise<number> {
  const startedAt = performance.now();
  let left = calls;
  const lane = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return (performance.now() - startedAt) / 1000;
}
