/**
 * Sends requests to a limited application of its own when it reads a line, all at once, and prints how many were answered
 * with which status:
 *
 *     _rate_limit_driver.ts <URL of the database> <schema> <requests> <milliseconds by which its clock is wrong>
 *
 * @module
 */
import process from "node:process";
import { createPostgresRateLimitStore, glamMiddleware, implement, rateLimit } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase } from "@glam/shared/db";
import { Hono } from "hono";
import * as z from "zod";
import { PATIENT } from "../_support/postgres.ts";
import { PATIENCE_MS } from "../_support/wait_for.ts";

const [url = "", schema = "", requests, skewMs] = process.argv.slice(2);
const { now } = Date;
Date.now = () => now() + Number(skewMs);

await using db = await connectDatabase({ ...PATIENT, url, schema });
const limits = rateLimit({
  policies: [
    { name: "hourly", limit: 100, windowSeconds: 36_000, strict: true },
    { name: "daily", limit: 1000, windowSeconds: 864_000, strict: true },
  ],
  store: createPostgresRateLimitStore(db),
  storeTimeoutMs: PATIENCE_MS,
});
const app = new Hono();
app.use(glamMiddleware({ guards: { rateLimit: limits }, accessLog: false }));
implement(app, defineEndpoint("GET /items", { data: z.string() }), () => "done");

console.log("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.destroy();
const env = { remoteAddr: { hostname: "10.0.0.1" } };
const statuses: Record<number, number> = {};
await Promise.all(Array.from({ length: Number(requests) }, async () => {
  const { status } = await app.request("/items", {}, env);
  statuses[status] = (statuses[status] ?? 0) + 1;
}));
console.log(JSON.stringify(statuses));
