/**
 * Requests with a token that was verified before, against the same without authentication, without a socket. Prints one line
 * of JSON.
 *
 * @module
 */
import process from "node:process";
import { glamMiddleware, type Guards, implement } from "@glam/shared/api";
import { authenticate } from "@glam/shared/auth";
import { defineEndpoint } from "@glam/shared/contract";
import { testIdentity } from "@glam/shared/testing";
import { Hono } from "hono";
import * as z from "zod";
import { medianRatio, takeTurns } from "../_statistics.ts";

const ROUNDS = 3;
const TURNS = 200;
const REQUESTS = 20_000;

const maria = await testIdentity({
  subject: "maria",
  merchantId: "m1",
  scopes: ["items:read", "items:write"],
});
const guard = authenticate([maria.strategy]);
const open = createApp([]);
const guarded = createApp(["items:read"], { authenticate: guard });

for (const app of [open, guarded]) await measure(app, REQUESTS);
const turn = (app: Hono) => () => measure(app, REQUESTS / TURNS);
const seconds = await takeTurns(ROUNDS, { open: turn(open), guarded: turn(guarded) }, TURNS);
console.log(JSON.stringify({ ratio: medianRatio(seconds.open, seconds.guarded) }));
process.exit(0);

function createApp(scopes: readonly string[], guards: Guards = {}): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ service: "bench", accessLog: false, guards }));
  const GetItem = defineEndpoint("GET /items/:id", {
    params: z.object({ id: z.string().min(1).max(40) }),
    data: z.object({ id: z.string(), name: z.string(), price: z.number(), tags: z.array(z.string()) }),
    scopes: [...scopes],
  });
  implement(
    app,
    GetItem,
    ({ params: { id } }) => ({ id, name: "Lipstick", price: 12.5, tags: ["red", "matte"] }),
  );
  return app;
}

/** Seconds that so many requests take. Both applications are sent the same headers. */
async function measure(app: Hono, requests: number): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < requests; i++) {
    const response = await app.fetch(new Request("http://localhost/items/42", { headers: maria.headers }));
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Expected 200, got ${response.status}: ${text}`);
  }
  return (performance.now() - startedAt) / 1000;
}
