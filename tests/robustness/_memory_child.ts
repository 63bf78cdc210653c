// A program of its own for memory_test.ts, run where it can collect garbage: prints what its requests left behind.
import process from "node:process";
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";

const [requests = "100000", ids = "10000"] = process.argv.slice(2);

const app = new Hono();
app.use(glamMiddleware({
  service: "memory",
  logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
  methodNotAllowed: app,
  timeoutMs: 600_000,
}));
app.get(
  "/items/:id",
  validate("param", z.object({ id: z.string() })),
  (c) => success(c, c.req.valid("param")),
);

const methods = ["GET", "POST", "PUT", "HEAD"];

/** Requests before the first look at the heap, with ids of their own. */
const WARM_UP = Number(requests) / 5;
let number = 0;

/** One request: in turn for an item, for a path that nobody has, and with a method that the path has not. */
async function request(): Promise<void> {
  const id = ++number < WARM_UP ? `warm-${number % 100}` : String(number % Number(ids));
  const turn = Math.floor(number / 4);
  const [method, path] = number % 4 === 2
    ? [methods[turn % methods.length]!, `/nobody/has-${number.toString(36)}/${number}`]
    : [number % 4 === 3 ? "DELETE" : "GET", `/items/${id}`];
  const response = await app.request(path, {
    method,
    headers: {
      "X-Request-ID": `request-${id}`,
      "X-Correlation-ID": `correlation-${id}`,
      traceparent: `00-${String(number).padStart(32, "0")}-00000000000000ff-01`,
      tracestate: `vendor=${id}`,
      baggage: `id=${id}`,
    },
  });
  await response.text();
}

interface WithGc {
  readonly gc?: () => void;
  readonly Bun?: { gc(force: boolean): void };
}

/** Bytes of live objects. */
async function heapUsed(): Promise<number> {
  const { gc, Bun } = globalThis as WithGc;
  const collect = Bun !== undefined ? () => Bun.gc(true) : gc!;
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0)); // lets finalizers and timers go
    collect();
  }
  // Bun's `memoryUsage` counts pages that are kept for later.
  if (Bun === undefined) return process.memoryUsage().heapUsed;
  const { heapStats } = await import("bun:jsc" as string);
  return heapStats().heapSize;
}

async function scrape(): Promise<string> {
  return await (await app.request("/metrics")).text();
}

await scrape();
while (number < WARM_UP) await request();
const before = await heapUsed();
for (let i = 0; i < Number(requests); i++) await request();
const after = await heapUsed();
console.log(JSON.stringify({ before, after, metrics: await scrape() }));
