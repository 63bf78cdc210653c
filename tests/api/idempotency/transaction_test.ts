import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { idempotency, type IdempotencyOptions, idempotencyTable } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { connectDatabase, createTable, defineTable, merchantScoped, Repository } from "@glam/shared/db";
import { ConflictError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase, PATIENT, type TestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { deferred } from "../_support.ts";
import { keyedApp, type OrderHandler, PlaceOrder } from "./_support.ts";

/** A database with an `effects` table, and an application whose handler inserts into it. */
async function openOrders(
  options: Partial<IdempotencyOptions> = {},
  { after, ...more }:
    & { readonly after?: OrderHandler; readonly timeoutMs?: number }
    & Parameters<typeof keyedApp>[2] = {},
) {
  const db = await createTestDatabase();
  await db.sql`create table effects (n serial primary key, sku text not null unique)`;
  let calls = 0;
  const app = keyedApp({ database: db, ...options }, async (request) => {
    calls++;
    const { sku } = request.body;
    const [row] = await db.sql<{ n: number }>`insert into effects (sku) values (${sku}) returning n`;
    return await after?.(request) ?? { n: row!.n, sku };
  }, more);
  await app.guard.ensureTable();
  return {
    ...app,
    db,
    get calls() {
      return calls;
    },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

async function effects({ sql }: TestDatabase): Promise<number> {
  return (await sql`select 1 from effects`).length;
}

async function keys({ sql }: TestDatabase): Promise<number> {
  return (await sql`select 1 from glam_idempotency_keys`).length;
}

describe("the mode transaction", () => {
  it("commits effect and record together, and replays the answer byte for byte", async () => {
    await using orders = await openOrders();
    const first = await orders.order("a");
    const second = await orders.order("a");
    assert.deepEqual([first.status, second.status, second.text], [201, 201, first.text]);
    for (const name of ["location", "content-type"]) {
      assert.equal(second.headers.get(name), first.headers.get(name), name);
    }
    assert.equal(first.headers.get("location"), "/orders/1");
    assert.deepEqual([await effects(orders.db), await keys(orders.db), orders.calls], [1, 1, 1]);
    assert.deepEqual(await orders.outcomes(), { first: 1, replayed: 1 });
  });

  it("runs the handler's statements in its transaction, also those of `db.sql` and of nested ones", async () => {
    const { promise, resolve } = deferred();
    let isInside = false;
    await using orders = await openOrders({}, {
      async after({ body }) {
        await orders.db.transaction((tx) => tx`insert into effects (sku) values ('nested')`);
        isInside = true;
        await promise;
        return { n: 7, sku: body.sku };
      },
    });
    const answering = orders.order("a");
    await waitFor(() => isInside, "it has written");
    assert.equal(await effects(orders.db), 0, "nobody sees it");
    resolve();
    assert.equal((await answering).status, 201);
    assert.equal(await effects(orders.db), 2);
  });

  it("refuses a repetition at once while the first one runs", async () => {
    const { promise, resolve } = deferred();
    await using orders = await openOrders({}, { after: () => promise as never });
    const first = orders.order("a");
    await waitFor(() => orders.calls === 1, "it runs");
    const second = await orders.order("a");
    assert.deepEqual([second.status, second.body.error.code], [409, "IDEMPOTENCY_IN_PROGRESS"]);
    assert.equal(second.headers.get("retry-after"), "1");
    resolve();
    await first;
    assert.deepEqual(await orders.outcomes().then(({ in_progress }) => in_progress), 1);
  });

  it("rolls back and keeps a 4xx of the handler", async () => {
    await using orders = await openOrders({}, {
      after() {
        throw new NotFoundError("No such shop");
      },
    });
    const first = await orders.order("a");
    const second = await orders.order("a");
    assert.deepEqual([first.status, second.status, second.text], [404, 404, first.text]);
    assert.deepEqual([await effects(orders.db), await keys(orders.db), orders.calls], [0, 1, 1]);
  });

  it("keeps a conflict that a statement found", async () => {
    await using orders = await openOrders();
    await orders.order("a");
    const second = await orders.order("b");
    const third = await orders.order("b");
    assert.deepEqual([second.status, third.status, third.text], [409, 409, second.text]);
    assert.deepEqual([await effects(orders.db), orders.calls], [1, 2]);
  });

  it("rolls back and forgets a 5xx, and an answer that breaks the contract", async () => {
    let bad: unknown = new Error("by chance");
    await using orders = await openOrders({}, {
      after() {
        if (bad instanceof Error) throw bad;
        return bad as never;
      },
    });
    assert.equal((await orders.order("a")).status, 500);
    bad = { n: "one" };
    assert.equal((await orders.order("a")).status, 500);
    assert.deepEqual([await effects(orders.db), await keys(orders.db)], [0, 0]);
    bad = undefined;
    assert.equal((await orders.order("a")).status, 201);
    assert.deepEqual([await effects(orders.db), orders.calls], [1, 3]);
  });

  it("rolls back where a statement failed whose error the handler caught", async () => {
    await using orders = await openOrders({}, {
      async after({ body }) {
        await orders.db.sql`insert into nowhere values (1)`.catch(() => {});
        return { n: 1, sku: body.sku };
      },
    });
    assert.equal((await orders.order("a")).status, 500);
    assert.deepEqual([await effects(orders.db), await keys(orders.db)], [0, 0]);
  });

  it("has had no effect when it answers 504, however late the handler is", async () => {
    const { promise, resolve } = deferred();
    const late: unknown[] = [];
    let isSlow = true;
    await using orders = await openOrders({}, {
      timeoutMs: 100,
      async after({ body }) {
        if (isSlow) {
          await promise;
          await orders.db.sql`insert into effects (sku) values ('late')`.catch((error) => late.push(error));
        }
        return { n: 1, sku: body.sku };
      },
    });
    await waitFor(async () => (await orders.order("a")).status === 504, "it is too slow");
    resolve();
    await waitFor(() => late.length > 0, "the handler hears that its transaction is over");
    assert.deepEqual([await effects(orders.db), await keys(orders.db)], [0, 0]);
    isSlow = false;
    await waitFor(async () => (await orders.order("a")).status === 201, "the next try runs");
    assert.equal(await effects(orders.db), 1);
  });

  it("answers what it has done where the time passes during the commit", async () => {
    // A deferred trigger runs in the commit.
    await using orders = await openOrders({}, { timeoutMs: 3000 });
    await orders.order("warm", { sku: "warm" });
    await orders.db.sql.unsafe(`
      create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3.2); return null; end $$;
      create constraint trigger slow after insert on effects deferrable initially deferred
        for each row execute function slow()`).simple();
    assert.equal((await orders.order("a")).status, 201);
    assert.equal(await effects(orders.db), 2);
  });

  it("takes the isolation of the contract, and does not run a handler twice for one request", async () => {
    const Serializable = defineEndpoint("POST /orders/:shop", {
      params: z.object({ shop: z.string() }),
      query: z.object({ note: z.string().optional() }),
      body: z.object({ sku: z.string(), amount: z.int().optional() }),
      data: z.object({ n: z.int(), sku: z.string() }),
      status: 201,
      idempotent: { isolation: "serializable" },
    });
    let inside = 0;
    const both = deferred();
    await using orders = await openOrders({}, {
      endpoint: Serializable,
      async after({ body }) {
        const [{ isolation } = {}] = await orders.db.sql<{ isolation: string }>`
          select current_setting('transaction_isolation') as isolation`;
        assert.equal(isolation, "serializable");
        const { count } = await orders.db.sql`select * from effects`;
        if (++inside === 2) both.resolve();
        if (inside <= 2) await both.promise;
        return { n: count, sku: body.sku };
      },
    });
    const answers = await Promise.all(["a", "b"].map((key) => orders.order(key, { sku: key })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 503], "each saw the other's absence");
    const [lost] = answers.filter(({ status }) => status === 503);
    assert.equal(lost!.headers.get("retry-after"), "1");
    assert.equal(orders.calls, 2);
    const key = answers[0] === lost ? "a" : "b";
    assert.equal((await orders.order(key, { sku: key })).status, 201);
    assert.equal(await effects(orders.db), 2);
  });

  it("keeps large answers as done, and not their bodies", async () => {
    await using orders = await openOrders({ maxStoredBytes: 10 });
    assert.equal((await orders.order("a")).status, 201);
    const second = await orders.order("a");
    assert.deepEqual([second.status, second.body.error.code], [409, "IDEMPOTENCY_RESULT_GONE"]);
    assert.equal(await effects(orders.db), 1);
  });

  it("is refused in a transaction of somebody else", async () => {
    await using orders = await openOrders();
    const { status } = await orders.db.transaction(() => orders.order("a"));
    assert.deepEqual([status, orders.calls], [500, 0]);
  });

  it("undoes what it did where the answer to another request was kept meanwhile, and replays that", async () => {
    const { promise, resolve } = deferred();
    let isWaiting = false;
    await using orders = await openOrders({}, {
      async after({ body }) {
        if (isWaiting) await promise;
        return { n: 1, sku: body.sku };
      },
    });
    const { text } = await orders.order("b");
    await orders.db.sql`delete from effects`;
    isWaiting = true;
    const answering = orders.order("a");
    await waitFor(() => orders.calls === 2, "it runs");
    // As if the failure of a request had been kept that was rolled back before this one began.
    await orders.db
      .sql`insert into glam_idempotency_keys (scope, endpoint, idempotency_key, fingerprint, status, headers,
      body, expires_at) select scope, endpoint, 'a', fingerprint, status, headers, body, expires_at from glam_idempotency_keys`;
    resolve();
    const answer = await answering;
    assert.deepEqual([answer.status, answer.text], [201, text]);
    assert.equal(await effects(orders.db), 0);
  });
});

describe("the mode lock, in Postgres", () => {
  const Locked = defineEndpoint("POST /orders/:shop", {
    params: z.object({ shop: z.string() }),
    query: z.object({ note: z.string().optional() }),
    body: z.object({ sku: z.string(), amount: z.int().optional() }),
    data: z.object({ n: z.int(), sku: z.string() }),
    status: 201,
    idempotent: { mode: "lock", leaseMs: 1000 },
  });

  it("runs the handler outside of any transaction, once, and replays its answer", async () => {
    const { promise, resolve } = deferred();
    await using orders = await openOrders({}, { endpoint: Locked, after: () => promise as never });
    const first = orders.order("a");
    await waitFor(async () => await effects(orders.db) === 1, "others see what it does");
    assert.equal((await orders.order("a")).status, 409);
    assert.equal((await orders.order("a", { sku: "mascara" })).status, 422);
    resolve();
    const { text } = await first;
    const second = await orders.order("a");
    assert.deepEqual([second.status, second.text, orders.calls], [201, text, 1]);
  });

  it("keeps a 4xx, and gives the key back after a 5xx", async () => {
    let error: Error = new NotFoundError("No such shop");
    await using orders = await openOrders({}, {
      endpoint: Locked,
      after() {
        throw error;
      },
    });
    const first = await orders.order("a");
    assert.equal((await orders.order("a")).text, first.text);
    error = new Error("by chance");
    assert.equal((await orders.order("b", { sku: "b" })).status, 500);
    error = new ConflictError("Sold out");
    assert.equal((await orders.order("b", { sku: "b2" })).status, 409);
    assert.equal(orders.calls, 3);
  });

  it("lets the handler run again when the lease of a dead process has passed, for the same request only", async () => {
    await using orders = await openOrders({}, { endpoint: Locked });
    await orders.order("a");
    await orders.db.sql`update glam_idempotency_keys
      set status = null, owner = 'dead', leased_until = now() + interval '1 hour'`;
    assert.equal((await orders.order("a")).status, 409);
    await orders.db.sql`update glam_idempotency_keys set leased_until = now()`;
    assert.equal((await orders.order("a", { sku: "mascara" })).status, 422);
    await orders.db.sql`delete from effects`;
    assert.equal((await orders.order("a")).status, 201);
    assert.equal(orders.calls, 2);
  });

  it("is understood by replicas that have the mode transaction already", async () => {
    await using orders = await openOrders();
    await orders.order("a");
    await orders.db.sql`update glam_idempotency_keys
      set status = null, owner = 'old', leased_until = now() + interval '1 hour'`;
    assert.equal((await orders.order("a")).status, 409);
    await orders.db.sql`update glam_idempotency_keys set leased_until = now()`;
    assert.equal((await orders.order("a", { sku: "mascara" })).status, 422);
    await orders.db.sql`delete from effects`;
    assert.deepEqual([(await orders.order("a")).status, (await orders.order("a")).status], [201, 201]);
    assert.deepEqual([await effects(orders.db), await keys(orders.db)], [1, 1]);
  });
});

it("tenants have keys of their own, and row level security holds in the transaction", async () => {
  const Notes = defineTable("notes", {
    columns: z.object({ id: z.uuid(), text: z.string() }),
    rowLevelSecurity: true,
    ...merchantScoped,
  });
  const [one, other] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
  await using db = await createTestDatabase();
  for (const statement of createTable(Notes)) await db.sql.unsafe(statement);
  await idempotency({ database: db }).ensureTable();
  const role = `app_${db.schema}`;
  await db.sql.unsafe(`create role ${role} login password 'app' nosuperuser nobypassrls`);
  await db.sql.unsafe(`grant usage on schema ${db.schema} to ${role}`);
  await db.sql.unsafe(`grant select, insert, update, delete on notes, glam_idempotency_keys to ${role}`);
  const url = Object.assign(new URL(db.url), { username: role, password: "app" });
  const own = await connectDatabase({ ...PATIENT, url: url.href, schema: db.schema });
  try {
    const notes = new Repository(own, Notes);
    const app = keyedApp({ database: own }, async ({ body }) => {
      await notes.save({ id: crypto.randomUUID(), text: body.sku, merchant_domain: "a.example" });
      const seen = await own.sql<{ merchant_id: string }>`select merchant_id from notes`;
      return { n: seen.length, sku: seen[0]!.merchant_id };
    });
    for (const merchant of [one, other, one, other]) {
      const { status, body } = await app.order("a", undefined, { merchant });
      assert.deepEqual([status, body.data], [201, { n: 1, sku: merchant }]);
    }
    const stored = await db.sql`select merchant_id from notes order by 1`;
    assert.deepEqual(stored.map((row) => row["merchant_id"]), [one, other]);
    assert.equal((await own.sql`select 1 from notes`).length, 0, "the tenant was the transaction's alone");
  } finally {
    await own.close();
    await db.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  }
});

describe("the table", () => {
  it("is made by ensureTable() as by a migration, and by no request", async () => {
    await using db = await createTestDatabase();
    const guard = idempotency({ database: db });
    await assert.rejects(
      guard.ping!(),
      /Cannot find the table "glam_idempotency_keys" .* `idempotencyTable`/,
    );
    const app = keyedApp({ database: db }, () => ({ n: 1, sku: "a" }));
    assert.equal((await app.order("a")).status, 500);
    await Promise.all([guard.ensureTable(), guard.ensureTable()]);
    await guard.ping!();
    assert.equal((await app.order("a")).status, 201);
    assert.equal(idempotencyTable.name, "glam_idempotency_keys");
  });

  it("is rid of expired keys in batches, while keys are used", async () => {
    await using orders = await openOrders();
    await orders.db
      .sql`insert into glam_idempotency_keys (scope, endpoint, idempotency_key, fingerprint, status, expires_at)
      select 'm1', 'POST /a', n::text, 'f', 200, now() - interval '1 second' from generate_series(1, 2500) n`;
    await orders.order("a");
    const { promise, resolve } = deferred();
    let isLocked = false;
    const using = orders.db.transaction(async (tx) => {
      await tx`select 1 from glam_idempotency_keys where idempotency_key = '1' for update`;
      isLocked = true;
      await promise;
    });
    await waitFor(() => isLocked, "a key is in use");
    const deleted = await Promise.all([orders.guard.cleanUp(), orders.guard.cleanUp()]);
    assert.equal(deleted[0] + deleted[1], 2499, "what is in use is left");
    resolve();
    await using;
    assert.deepEqual([await orders.guard.cleanUp(), await keys(orders.db)], [1, 1]);
  });

  it("may lose expired keys while they are used: no request fails, and each run has one effect", async () => {
    await using db = await createTestDatabase();
    await db.sql`create table effects (n serial primary key, sku text not null)`;
    const runs = new Map<string, number>();
    const { guard, order } = keyedApp({ database: db, ttlMs: 1000 }, async ({ body: { sku } }) => {
      const [row] = await db.sql<{ n: number }>`insert into effects (sku) values (${sku}) returning n`;
      return { n: row!.n, sku };
    });
    await guard.ensureTable();
    const skus = ["a", "b", "c", "d"];
    const isOver = () => skus.every((sku) => (runs.get(sku) ?? 0) >= 3);
    const use = async (sku: string) => {
      while (!isOver()) {
        const { status, headers } = await order(sku, { sku });
        assert.ok(status === 201 || status === 409, `${status}`);
        if (status === 201 && !headers.has("idempotent-replayed")) runs.set(sku, (runs.get(sku) ?? 0) + 1);
      }
    };
    const purge = async () => {
      while (!isOver()) await guard.cleanUp();
    };
    await Promise.all([...skus, ...skus].map(use).concat(purge(), purge()));
    const rows = await db.sql<{ sku: string; count: number }>`
      select sku, count(*)::int as count from effects group by sku order by sku`;
    assert.deepEqual(rows.map(({ sku, count }) => [sku, count]), skus.map((sku) => [sku, runs.get(sku)]));
  });

  it("has one row a key, also where a key is used again after it has expired", async () => {
    await using orders = await openOrders({ ttlMs: 1000 });
    await orders.order("a");
    await orders.db.sql`delete from effects`;
    await waitFor(async () => {
      await orders.order("a");
      return orders.calls === 2;
    }, "the key has expired");
    assert.equal(await keys(orders.db), 1);
    assert.equal(PlaceOrder.route, "POST /orders/:shop");
  });
});
