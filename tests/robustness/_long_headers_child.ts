// A program of its own for long_headers_test.ts, which stops it where it takes for ever: says on its standard error what it
// is at, and prints the requests that cost far more than others.
import process from "node:process";
import { clientIp, glamMiddleware, success } from "@glam/shared/api";
import { parseBaggage } from "@glam/shared/context";
import { Hono } from "hono";
import { byExtent } from "../_support/extent.ts";

const LENGTH = 64 * 1024;
/** A request that costs so many times the median of all is looked at more closely. */
const SUSPICIOUS = 20;
const SHORTER = 8;
/** What reads forward costs 8 times as much for a header that is 8 times as long, what goes back 64 times as much or more. */
const MOST = 24;
const TRIES = 5;

// What makes an expression go back and forth that is not careful: runs of what it may skip, and an end that does not fit.
const runs = byExtent({
  whole: [" ", "\t", ",", ";", "=", "a", "%", "%41", ":", "[", "1", "a=", ";a", " ,", "\t;"],
  short: [" ", ",", "a", "%41", "\t;"],
});
const values = (length: number) =>
  runs.flatMap((run) => {
    const long = run.repeat(length / run.length);
    return [`a=1${long}b`, `${long}b c`, `a=${long}\xe9`, `[${long}`, `application/problem+json;q=${long}x`];
  });
const names = ["tracestate", "baggage", "Accept", "X-Request-ID", "X-Forwarded-For", "traceparent"];

const app = new Hono();
app.use(glamMiddleware({
  service: "long",
  logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
  trustProxy: 3,
}));
app.get("/", (c) => success(c, [clientIp(c), parseBaggage(c.req.header("baggage") ?? "").length]));

/** The CPU time of a request in microseconds: the same however much of a core this process gets. */
async function costOf(name: string, value: string, path: string): Promise<number> {
  const headers = new Headers({ traceparent: `00-${"1".repeat(32)}-${"1".repeat(16)}-01` });
  headers.set(name, value);
  const before = process.cpuUsage();
  await (await app.request(path, { headers })).text();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The least that a request costs: a garbage collection or the compiler may come in between, but not each time. */
async function leastCostOf(name: string, value: string, path: string): Promise<number> {
  let least = Infinity;
  for (let tries = 0; tries < TRIES; tries++) least = Math.min(least, await costOf(name, value, path));
  return least;
}

const shorter = values(LENGTH / SHORTER);
const requests = names.flatMap((name) =>
  values(LENGTH).flatMap((value, i) =>
    ["/", "/nobody"].map((path) => ({ name, value, shorter: shorter[i]!, path, cost: 0 }))
  )
);
for (const request of requests) {
  const { name, value, path } = request;
  console.error(name, JSON.stringify(value.slice(0, 40)), path);
  request.cost = await costOf(name, value, path);
}
const median = requests.map(({ cost }) => cost).sort((a, b) => a - b)[requests.length >> 1]!;
const slow: string[] = [];
for (const { name, value, shorter, path, cost } of requests) {
  if (cost < SUSPICIOUS * median) continue;
  console.error("again:", name, JSON.stringify(value.slice(0, 40)), path);
  const [short, long] = [await leastCostOf(name, shorter, path), await leastCostOf(name, value, path)];
  if (long < MOST * short) continue;
  slow.push(
    `${name}: ${
      value.slice(0, 40)
    }... to ${path}: ${short} µs, and ${long} where it is ${SHORTER} times as long`,
  );
}
console.log(JSON.stringify(slow));
