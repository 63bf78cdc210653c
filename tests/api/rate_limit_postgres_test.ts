import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createPostgresRateLimitStore,
  glamMiddleware,
  implement,
  type PostgresRateLimitStore,
  rateLimit,
  type RateLimitQuota,
  rateLimitTable,
} from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase, createTable } from "@glam/shared/db";
import { Hono } from "hono";
import * as z from "zod";
import { startScript } from "../_support/child_process.ts";
import { createTestDatabase, PATIENT, type TestDatabase } from "../_support/postgres.ts";
import { startTcpProxy } from "../_support/tcp_proxy.ts";
import { waitFor } from "../_support/wait_for.ts";
import { recordingLogger } from "./_support.ts";

const { signal } = new AbortController();
const quota = (limit: number, windowSeconds = 36_000, cost = 1, policy = "p"): RateLimitQuota => ({
  policy,
  limit,
  windowSeconds,
  cost,
});

async function createStore(): Promise<{ db: TestDatabase; store: PostgresRateLimitStore } & AsyncDisposable> {
  const db = await createTestDatabase();
  const store = createPostgresRateLimitStore(db);
  await store.ensureTable();
  return { db, store, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
}

/** Takes at once, so many times. */
async function passedOf(
  store: PostgresRateLimitStore,
  times: number,
  key: string,
  quotas: readonly RateLimitQuota[],
): Promise<number> {
  const all = await Promise.all(Array.from({ length: times }, () => store.take(key, quotas, { signal })));
  for (const { passed, quotas } of all) {
    assert.equal(quotas.some(({ waitSeconds }) => waitSeconds > 0), !passed);
  }
  return all.filter(({ passed }) => passed).length;
}

const Get = defineEndpoint("GET /items", { data: z.string() });

describe("the Postgres store", () => {
  it("passes exactly the limit of a burst from four processes, some of whose clocks are wrong", async () => {
    await using made = await createStore();
    const { url, schema } = made.db;
    const script = new URL("./_rate_limit_driver.ts", import.meta.url);
    await using children = new AsyncDisposableStack();
    const all = [0, 5000, -5000, 86_400_000].map((skewMs) =>
      children.use(startScript(script, [url, schema, "250", String(skewMs)], { isInteractive: true }))
    );
    await Promise.all(all.map((child) => child.reaches(() => child.out().includes("ready\n"))));
    for (const { input } of all) input.write("go\n");
    const ended = await Promise.all(all.map((child) => child.ended()));
    const total: Record<string, number> = {};
    for (const { out, errors } of ended) {
      const line = out.trimEnd().split("\n").at(-1)!;
      assert.match(line, /^\{/, errors);
      for (const [status, count] of Object.entries<number>(JSON.parse(line))) {
        total[status] = (total[status] ?? 0) + count;
      }
    }
    assert.deepEqual(total, { 200: 100, 429: 900 });
  });

  it("takes from all policies or from none, whatever runs at the same time", async () => {
    await using made = await createStore();
    const quotas = [quota(10), quota(7, 36_000, 1, "q")];
    assert.equal(await passedOf(made.store, 100, "a", quotas), 7);
    const { passed, quotas: states } = await made.store.take("a", quotas, { signal });
    assert.deepEqual([passed, ...states.map(({ remaining }) => remaining)], [false, 3, 0]);
    assert.equal(await passedOf(made.store, 5, "a", [quota(10)]), 3);
    assert.equal(await passedOf(made.store, 5, "b", quotas), 5);
  });

  it("makes the row of a new key once when many ask for it together", async () => {
    await using made = await createStore();
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    const passed = await Promise.all(keys.map((key) => passedOf(made.store, 20, key, [quota(3)])));
    assert.deepEqual(passed, keys.map(() => 3));
  });

  it("gives back what time has given back, by the clock of the database", async () => {
    await using made = await createStore();
    const { db, store } = made;
    const quotas = [quota(2, 7200)];
    assert.equal(await passedOf(store, 3, "a", quotas), 2);
    const earlier = async (seconds: number) => {
      await db.sql`update glam_rate_limits set arrivals =
        jsonb_build_object('p', (arrivals ->> 'p')::numeric - ${seconds}::numeric)`;
    };
    await earlier(3000);
    const { passed, quotas: [state] } = await store.take("a", quotas, { signal });
    assert.equal(passed, false);
    assert.ok(Math.abs(state!.waitSeconds - 600) < 60 && Math.abs(state!.resetSeconds - 4200) < 60);
    await earlier(600);
    assert.equal(await passedOf(store, 3, "a", quotas), 1);
    await earlier(1_000_000);
    assert.equal(await passedOf(store, 3, "a", quotas), 2);
  });

  it("loses no unit of a large limit to rounding", async () => {
    await using made = await createStore();
    const { store } = made;
    const large = (cost: number) => [quota(999_999, 86_400 * 7, cost)];
    for (let i = 0; i < 8; i++) {
      assert.equal((await store.take("a", large(111_111), { signal })).passed, true);
    }
    assert.equal((await store.take("a", large(111_112), { signal })).passed, false);
    const { passed, quotas } = await store.take("a", large(111_111), { signal });
    assert.deepEqual([passed, quotas[0]!.remaining], [true, 0]);
  });

  it("deletes rows whose quotas are whole, and no others", async () => {
    await using made = await createStore();
    const { db, store } = made;
    for (const key of ["a", "b"]) await store.take(key, [quota(1)], { signal });
    await db.sql`update glam_rate_limits set whole_at = now() - interval '1 second' where key = 'a'`;
    assert.equal(await store.cleanUp(), 1);
    assert.deepEqual([...await db.sql`select key from glam_rate_limits`], [{ key: "b" }]);
  });

  it("leaves the settings of a session and of a transaction of the application as they are", async () => {
    await using made = await createStore();
    const { db, store } = made;
    await db.transaction(async (tx) => {
      await store.take("a", [quota(1)], { signal });
      const [row] = await tx<{ setting: string }>`select current_setting('synchronous_commit') as setting`;
      assert.equal(row!.setting, "on");
    });
    await store.take("a", [quota(1)], { signal });
    const [row] = await db.sql<{ setting: string }>`select current_setting('synchronous_commit') as setting`;
    assert.equal(row!.setting, "on");
  });

  it("has a table that `ensureTable` makes once, and that no request makes", async () => {
    await using db = await createTestDatabase();
    const { sql, transaction, ensureSchema } = db;
    const store = createPostgresRateLimitStore({ sql, transaction, ensureSchema });
    const { logger, entries } = recordingLogger();
    const guard = rateLimit({ policies: [{ name: "hourly", limit: 1, windowSeconds: 3600 }], store, logger });
    const app = new Hono();
    app.use(glamMiddleware({ logger, guards: { rateLimit: guard } }));
    implement(app, Get, () => "done");
    const status = async () =>
      (await app.request("/items", {}, { remoteAddr: { hostname: "10.0.0.1" } })).status;
    assert.deepEqual([await status(), await status()], [200, 200]);
    assert.equal(entries.filter(({ level }) => level === "warn").length, 1);
    await assert.rejects(store.ping(), { name: "ConfigError", message: /call `store.ensureTable\(\)`/ });
    await Promise.all([1, 2, 3].map(() => store.ensureTable()));
    await store.ping();
    assert.equal(store.table.name, rateLimitTable.name);
    assert.equal(createTable(store.table).length, 1);
    assert.deepEqual([await status(), await status()], [200, 429]);
  });

  it("that hangs lets requests pass after its time, and limits again when it is back", async () => {
    await using made = await createStore();
    const { url, schema } = made.db;
    await using proxy = await startTcpProxy({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    await using db = await connectDatabase({ ...PATIENT, schema, url: through.href });
    const { logger, entries } = recordingLogger();
    const guard = rateLimit({
      policies: [{ name: "hourly", limit: 1, windowSeconds: 3600 }],
      store: createPostgresRateLimitStore(db),
      storeTimeoutMs: 50,
    });
    const app = new Hono();
    app.use(glamMiddleware({ logger, guards: { rateLimit: guard } }));
    implement(app, Get, () => "done");
    const ask = async () => await app.request("/items", {}, { remoteAddr: { hostname: "10.0.0.1" } });
    await waitFor(async () => (await ask()).status === 429, "the limit holds");
    proxy.vanish();
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(entries.filter(({ level }) => level === "warn").length, 1);
    proxy.cut();
    await proxy.heal();
    await waitFor(async () => (await ask()).status === 429, "the limit holds again");
  });
});
