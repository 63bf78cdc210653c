import assert from "node:assert/strict";
import { it } from "node:test";
import { createPostgresRateLimitStore, glamMiddleware, rateLimit } from "@glam/shared/api";
import { Hono } from "hono";
import { createTestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { errorOf, testService } from "./_support.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const policies = [{ name: "hourly", limit: 1, windowSeconds: 3600 }];

for (const place of ["a guard", "a middleware"]) {
  it(`a service needs the table of a rate limit, and deletes its rows when they are whole: ${place}`, async () => {
    await using db = await createTestDatabase();
    const store = createPostgresRateLimitStore(db);
    const limits = Object.assign(rateLimit({ policies, store }), { cleanUpEveryMs: 10 });
    const app = new Hono();
    app.use(glamMiddleware({ logger: silent, ...place === "a guard" && { guards: { rateLimit: limits } } }));
    if (place === "a middleware") app.use("/a/*", limits);

    const { service: early } = testService({ app });
    assert.match((await errorOf(early.start())).message, /Cannot find the table of rate limits/);
    await store.ensureTable();
    await db.sql`insert into glam_rate_limits values ('old', '{}', now() - interval '1 hour')`;
    await db.sql`insert into glam_rate_limits values ('new', '{}', now() + interval '1 hour')`;
    const { service } = testService({ app });
    await service.start();
    await waitFor(
      async () => (await db.sql`select 1 from glam_rate_limits`).length === 1,
      "the row is deleted",
    );
    await service.stop();
    assert.deepEqual([...await db.sql`select key from glam_rate_limits`], [{ key: "new" }]);
  });
}
