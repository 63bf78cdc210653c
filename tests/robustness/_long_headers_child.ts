// A program of its own for long_headers_test.ts, which stops it where it takes for ever.
import { clientIp, glamMiddleware, success } from "@glam/shared/api";
import { parseBaggage } from "@glam/shared/context";
import { Hono } from "hono";

const LENGTH = 64 * 1024;

// What makes an expression go back and forth that is not careful: runs of what it may skip, and an end that does not fit.
const runs = [" ", "\t", ",", ";", "=", "a", "%", "%41", ":", "[", "1", "a=", ";a", " ,", "\t;"];
const values = runs.flatMap((run) => {
  const long = run.repeat(LENGTH / run.length);
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

for (const name of names) {
  for (const value of values) {
    const headers = new Headers({ traceparent: `00-${"1".repeat(32)}-${"1".repeat(16)}-01` });
    headers.set(name, value);
    for (const path of ["/", "/nobody"]) await (await app.request(path, { headers })).text();
  }
}
console.log("done");
