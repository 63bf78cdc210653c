// What the orders service promises when a step between the two services fails, on the real credits service.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { LoggerLike } from "@glam/shared/api";
import { createServiceClient } from "@glam/shared/client";
import { runWithContext } from "@glam/shared/context";
import { Migrator } from "@glam/shared/db";
import { ConflictError, NotFoundError, UpstreamServiceError } from "@glam/shared/errors";
import { createOutbox } from "@glam/shared/messaging";
import { createApp } from "../../examples/credits/app.ts";
import { DeductCredits, RefundCredits } from "../../examples/credits/endpoints.ts";
import { InsufficientCreditError } from "../../examples/credits/errors.ts";
import { CreditStore } from "../../examples/credits/store.ts";
import { cancelUnpaid } from "../../examples/fleet/orders/cancel_unpaid.ts";
import type { CreditsClient } from "../../examples/fleet/orders/credits_client.ts";
import { placeOrder } from "../../examples/fleet/orders/place_order.ts";
import { OrderStore } from "../../examples/fleet/orders/store.ts";
import { tables } from "../../examples/fleet/orders/tables.ts";
import { guards, operator } from "../_support/credits_callers.ts";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";

const SILENT: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const migrations = new URL("../../examples/fleet/orders/migrations", import.meta.url);
const { signal } = new AbortController();

describe("the orders service", () => {
  let db: TestDatabase;
  let creditsDb: TestDatabase;
  let store: CreditStore;
  let orders: OrderStore;
  let credits: CreditsClient;

  before(async () => {
    [db, creditsDb] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await new Migrator(db, { migrations }).up();
    await new Migrator(creditsDb, {
      migrations: new URL("../../examples/credits/migrations", import.meta.url),
    }).up();
    store = new CreditStore(creditsDb, createOutbox(creditsDb, { service: "credits" }));
    orders = new OrderStore(db, createOutbox(db, { service: "orders" }));
    credits = await clientOf((request) => app.fetch(request));
    const app = createApp((work) => work(store), { logger: SILENT, guards: await guards() });
  });
  after(async () => {
    await db[Symbol.asyncDispose]();
    await creditsDb[Symbol.asyncDispose]();
  });

  /** A client of the credits service that reaches it by `fetch`. */
  async function clientOf(
    fetch: (request: Request) => Response | Promise<Response>,
  ): Promise<CreditsClient> {
    return createServiceClient({
      service: "credits",
      endpoints: { DeductCredits, RefundCredits },
      headers: (await operator()).headers,
      retry: false,
      transport: { fetch },
    });
  }

  /** A merchant of the test's own. */
  async function newMerchant(balance = 100): Promise<string> {
    const id = `m-${crypto.randomUUID().slice(0, 8)}`;
    await store.create({ id, domain: "shop.example.com" }, balance);
    return id;
  }

  const place = (
    merchantId: string,
    { key = "a", amount = 30, payWithinSeconds = 3600, client = credits } = {},
  ) =>
    runWithContext(
      { merchantId },
      () => placeOrder(orders, client, { merchantId, key, credits: amount, payWithinSeconds }, signal),
    );
  const balanceOf = async (merchantId: string) => (await store.get(merchantId)).balance;
  const eventsOf = async (id: string) =>
    (await db.sql<{ body: string }>`select body from glam_outbox where key = ${id} order by id`)
      .map(({ body }) => JSON.parse(body).data.status);

  it("has migrations that make what its tables define", async () => {
    const left = await new Migrator(db, { migrations }).create("left", {
      autogenerate: tables,
      dryRun: true,
    });
    assert.equal(left?.sql, undefined);
  });

  it("takes the credits of an order once, however often it is asked for with its key", async () => {
    const merchant = await newMerchant();
    const all = await Promise.all(Array.from({ length: 5 }, () => place(merchant).catch((error) => error)));
    const { id, status } = await place(merchant);
    assert.equal(status, "placed");
    for (const each of all) assert.ok(each.id === id || each instanceof UpstreamServiceError, String(each));
    assert.equal(await balanceOf(merchant), 70);
    assert.deepEqual(await eventsOf(id), ["placed"]);
    assert.notEqual((await place(merchant, { key: "b" })).id, id);
    assert.equal(await balanceOf(merchant), 40);
  });

  it("leaves no order where the credits do not suffice, or the merchant has none", async () => {
    const merchant = await newMerchant();
    await assert.rejects(place(merchant, { amount: 101 }), InsufficientCreditError);
    await assert.rejects(place("nobody"), NotFoundError);
    for (const id of [merchant, "nobody"]) assert.deepEqual((await orders.list(id, { limit: 9 })).items, []);
  });

  it("goes on where it was when the answer of credits got lost", async () => {
    const merchant = await newMerchant();
    const app = createApp((work) => work(store), { logger: SILENT, guards: await guards() });
    const client = await clientOf(async (request) => {
      await (await app.fetch(request)).text();
      throw new TypeError("connection reset");
    });
    await assert.rejects(place(merchant, { client }), UpstreamServiceError);
    assert.equal(await balanceOf(merchant), 70);
    const [pending] = (await orders.list(merchant, { limit: 9 })).items;
    assert.equal(pending!.status, "pending");
    const { id, status } = await place(merchant);
    assert.deepEqual([id, status], [pending!.id, "placed"]);
    assert.equal(await balanceOf(merchant), 70);
  });

  it("cancels what is not paid in time, gives its credits back once, and lets nobody pay it", async () => {
    const merchant = await newMerchant();
    const { id } = await place(merchant, { payWithinSeconds: 0 });
    const kept = await place(merchant, { key: "b", amount: 10 });
    await cancelUnpaid(orders, credits, signal);
    assert.equal(await balanceOf(merchant), 90);
    await cancelUnpaid(orders, credits, signal);
    assert.equal(await balanceOf(merchant), 90);
    assert.deepEqual(await eventsOf(id), ["placed", "cancelled"]);
    await assert.rejects(orders.pay(merchant, id), ConflictError);
    assert.equal((await orders.pay(merchant, kept.id)).status, "paid");
    assert.equal((await orders.pay(merchant, kept.id)).status, "paid");
    assert.deepEqual(await eventsOf(kept.id), ["placed", "paid"]);
  });

  it("gives credits back at the next run when credits was away, and to each merchant its own", async () => {
    const [one, two] = [await newMerchant(), await newMerchant()];
    await place(one, { payWithinSeconds: 0 });
    await place(two, { payWithinSeconds: 0, amount: 40 });
    const away = await clientOf(() => {
      throw new TypeError("connection refused");
    });
    await assert.rejects(cancelUnpaid(orders, away, signal), UpstreamServiceError);
    assert.deepEqual([await balanceOf(one), await balanceOf(two)], [70, 60]);
    await cancelUnpaid(orders, credits, signal);
    assert.deepEqual([await balanceOf(one), await balanceOf(two)], [100, 100]);
  });

  it("gives credits back to others while one merchant cannot have them, and to one without an account nothing", async () => {
    const [one, two] = [await newMerchant(), await newMerchant()];
    for (const merchant of [one, two]) await place(merchant, { payWithinSeconds: 0 });
    await orders.open("nobody", "a", 30, 0); // nobody knows what became of its request
    const broken = await clientOf((request) => {
      if (request.url.includes(one)) throw new TypeError("connection reset");
      return app.fetch(request);
    });
    const app = createApp((work) => work(store), { logger: SILENT, guards: await guards() });
    await assert.rejects(cancelUnpaid(orders, broken, signal), UpstreamServiceError);
    assert.deepEqual([await balanceOf(one), await balanceOf(two)], [70, 100]);
    await cancelUnpaid(orders, credits, signal);
    assert.equal(await balanceOf(one), 100);
  });

  it("refuses a deduction that comes after its order was cancelled", async () => {
    const merchant = await newMerchant();
    const late = await clientOf(async (request) => {
      await cancelUnpaid(orders, credits, signal); // the request was under way for so long
      return await app.fetch(request);
    });
    const app = createApp((work) => work(store), { logger: SILENT, guards: await guards() });
    await assert.rejects(place(merchant, { payWithinSeconds: 0, client: late }), ConflictError);
    assert.equal(await balanceOf(merchant), 100);
    const [order] = (await orders.list(merchant, { limit: 9 })).items;
    assert.deepEqual([order!.status, await eventsOf(order!.id)], ["cancelled", ["cancelled"]]);
    await assert.rejects(store.deduct(merchant, { amount: 30, operation_id: order!.id, reason: "order" }), {
      code: "CONFLICT",
    });
  });

  it("shows a merchant its own orders alone", async () => {
    const [one, two] = [await newMerchant(), await newMerchant()];
    const { id } = await place(one);
    await assert.rejects(orders.get(two, id), NotFoundError);
    await assert.rejects(orders.pay(two, id), NotFoundError);
    assert.deepEqual((await orders.list(two, { limit: 9 })).items, []);
    const pages = [];
    for (const key of ["b", "c"]) await place(one, { key, amount: 1 });
    let cursor: string | undefined;
    do {
      const page = await orders.list(one, { limit: 2, cursor });
      pages.push(page.items.map(({ credits }) => credits));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(pages, [[1, 1], [30]]);
  });
});
