/**
 * What the example promises over HTTP: for the application itself, and for what stands in front of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { LoggerLike } from "@glam/shared/api";
import { Migrator } from "@glam/shared/db";
import {
  createMemoryBus,
  createOutbox,
  createPublisher,
  CreditDeducted,
  Streams,
} from "@glam/shared/messaging";
import type { Hono } from "hono";
import { createApp } from "../../examples/credits/app.ts";
import { CreditStore } from "../../examples/credits/store.ts";
import { tables } from "../../examples/credits/tables.ts";
import { createUsageListener } from "../../examples/credits/usage.ts";
import { guards, merchant, operator } from "../_support/credits_callers.ts";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const migrations = new URL("../../examples/credits/migrations", import.meta.url);
const SILENT: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

/** A request with a key of its own, unless it has another one. */
function json(body: unknown, key: string = crypto.randomUUID()): RequestInit {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/** What answers a request: an application, or what stands in front of it. */
export interface Requested {
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

/** Something in front of an application, until it is disposed of. */
export type Front = (app: Hono) => Promise<Requested & AsyncDisposable>;

const NO_FRONT: Front = (app) =>
  Promise.resolve({
    request: (path, init) => app.request(path, init),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });

/** What the example promises over HTTP, with something in front of it. */
export function creditsCases(front: Front = NO_FRONT): void {
  let db: TestDatabase;
  let fronted: Awaited<ReturnType<Front>>;
  /** What an operator asks. */
  let app: Requested;
  let merchants = 0;

  before(async () => {
    db = await createTestDatabase();
    await new Migrator(db, { migrations }).up();
    const store = new CreditStore(db, createOutbox(db, { service: "credits" }));
    fronted = await front(
      createApp((work) => work(store), { logger: SILENT, guards: await guards() }) as unknown as Hono,
    );
    const { headers } = await operator();
    app = {
      request: (path, init = {}) =>
        fronted.request(path, { ...init, headers: { ...headers, ...init.headers } }),
    };
  });
  after(async () => {
    await fronted[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  /** A merchant of the test's own. */
  async function newMerchant(credits = 100): Promise<string> {
    const id = `acme-${++merchants}`;
    const response = await app.request(
      "/api/v1/merchants",
      json({ id, domain: "acme.example.com", credits }),
    );
    assert.equal(response.status, 201);
    return id;
  }

  it("lets a merchant see its own account alone, with the scopes of its token", async () => {
    const [own, other] = [await newMerchant(), await newMerchant()];
    const as = async (
      { headers }: { headers: Record<string, string> },
      path: string,
      init: RequestInit = {},
    ) => {
      const response = await fronted.request(path, { ...init, headers: { ...headers, ...init.headers } });
      await response.text();
      return response.status;
    };
    const shop = await merchant(own);
    const nobody = { headers: {} };
    for (const path of ["", "/ledger", "/usage"]) {
      assert.equal(await as(shop, `/api/v1/merchants/${own}${path}`), 200);
      assert.equal(await as(shop, `/api/v1/merchants/${other}${path}`), 404);
      assert.equal(await as(nobody, `/api/v1/merchants/${own}${path}`), 401);
    }
    const deduct = (id: string) => [`/api/v1/merchants/${id}/credits/deduct`, json({ amount: 1 })] as const;
    assert.equal(await as(shop, ...deduct(own)), 201);
    assert.equal(await as(shop, ...deduct(other)), 404);
    assert.equal(await as(nobody, ...deduct(own)), 401);
    assert.equal(await as(await merchant(own, ["credits:read"]), ...deduct(own)), 403);
    const acme = json({ id: "mine", domain: "acme.example.com" });
    assert.equal(await as(shop, "/api/v1/merchants", acme), 403);
  });

  it("has migrations that make what its tables define", async () => {
    const migrator = new Migrator(db, { migrations });
    const left = await migrator.create("left", { autogenerate: tables, dryRun: true });
    assert.equal(left?.sql, undefined);
  });

  it("creates a merchant once, and tells where it is", async () => {
    const merchant = { id: "acme", domain: "acme.example.com", credits: 100 };
    const response = await app.request("/api/v1/merchants", json(merchant));
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("location"), "/api/v1/merchants/acme");
    assert.deepEqual((await response.json() as Json).data, {
      id: "acme",
      domain: "acme.example.com",
      balance: 100,
    });
    const again = await app.request("/api/v1/merchants", json(merchant));
    assert.equal(again.status, 409);
    assert.equal((await again.json() as Json).error.code, "CONFLICT");
  });

  it("deducts credits, and refuses what the balance does not cover as a conflict", async () => {
    const id = await newMerchant();
    const deduct = (amount: unknown) =>
      app.request(`/api/v1/merchants/${id}/credits/deduct`, json({ amount }));
    const first = await deduct(30);
    assert.equal(first.status, 201);
    assert.equal((await first.json() as Json).data.balance_after, 70);
    const second = await deduct(71);
    assert.equal(second.status, 409);
    assert.deepEqual((await second.json() as Json).error, {
      code: "INSUFFICIENT_CREDIT",
      message: "Insufficient credit",
      details: { balance: 70, requested: 71 },
    });
    for (const amount of [0, -1, 1.5, "1"]) assert.equal((await deduct(amount)).status, 422);
    for (const reason of ["", "a\0b", "x".repeat(201)]) {
      const response = await app.request(
        `/api/v1/merchants/${id}/credits/deduct`,
        json({ amount: 1, reason }),
      );
      assert.equal(response.status, 422, reason);
    }
    assert.equal((await (await app.request(`/api/v1/merchants/${id}`)).json() as Json).data.balance, 70);
  });

  it("deducts an operation once, however often it is asked for, also at once", async () => {
    const id = await newMerchant();
    const operation_id = crypto.randomUUID();
    const ask = (body: unknown) => app.request(`/api/v1/merchants/${id}/credits/deduct`, json(body));
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask({ amount: 30, operation_id })));
    const entries = await Promise.all(answers.map(async (answer) => (await answer.json() as Json).data));
    assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201, 201, 201]);
    assert.equal(new Set(entries.map((entry) => entry.id)).size, 1);
    assert.equal(entries[0].balance_after, 70);
    assert.equal((await ask({ amount: 31, operation_id })).status, 409);
    assert.equal((await ask({ amount: 100 })).status, 409);
    const events = await db.sql`select body from glam_outbox where body like ${`%${operation_id}%`}`;
    assert.equal(events.length, 1);
  });

  it("gives the credits of a deduction back once, and refuses one that comes after it was given back", async () => {
    const id = await newMerchant();
    const ask = (what: string, body: unknown) =>
      app.request(`/api/v1/merchants/${id}/credits/${what}`, json(body));
    const refund = async (operation_id: string) =>
      (await (await ask("refund", { operation_id })).json() as Json).data;
    const [operation_id, late] = [crypto.randomUUID(), crypto.randomUUID()];
    await ask("deduct", { amount: 30, operation_id });
    const entries = await Promise.all(Array.from({ length: 3 }, () => refund(operation_id)));
    assert.deepEqual([entries[0].amount, entries[0].balance_after], [30, 100]);
    assert.deepEqual(entries, [entries[0], entries[0], entries[0]]);
    const owner = await merchant(id);
    const own = await fronted.request(`/api/v1/merchants/${id}/credits/refund`, {
      ...json({ operation_id }),
      headers: { ...json({}).headers, ...owner.headers },
    });
    assert.equal(own.status, 403, "not to itself");
    assert.deepEqual([(await refund(late)).amount, (await refund(late)).balance_after], [0, 100]);
    assert.equal((await ask("deduct", { amount: 30, operation_id: late })).status, 409);
    assert.equal(
      (await app.request("/api/v1/merchants/nobody/credits/refund", json({ operation_id }))).status,
      404,
    );
  });

  it("deducts once for a key, also without an operation of the caller's own, and asks for one", async () => {
    const id = await newMerchant();
    const path = `/api/v1/merchants/${id}/credits/deduct`;
    const key = crypto.randomUUID();
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await app.request(path, json({ amount: 30 }, key)));
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    assert.deepEqual(others, [first, first]);
    assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201]);
    assert.equal(answers[2]!.headers.get("idempotent-replayed"), "true");
    assert.equal((await app.request(path, json({ amount: 31 }, key))).status, 422);
    const headers = { "Content-Type": "application/json" };
    const without = await app.request(path, { ...json({ amount: 30 }), headers });
    assert.deepEqual([without.status, (await without.json() as Json).error.code], [
      400,
      "IDEMPOTENCY_KEY_MISSING",
    ]);
    // The key of another caller is another key.
    const owner = await merchant(id);
    const own = await fronted.request(path, {
      ...json({ amount: 1 }, key),
      headers: { ...json({}, key).headers, ...owner.headers },
    });
    assert.equal((await own.json() as Json).data.balance_after, 69);
  });

  it("pages through the ledger, the newest entry first", async () => {
    const id = await newMerchant();
    for (const amount of [1, 2, 3]) {
      await app.request(`/api/v1/merchants/${id}/credits/deduct`, json({ amount, reason: `use ${amount}` }));
    }
    const page = await (await app.request(`/api/v1/merchants/${id}/ledger?limit=2`)).json() as Json;
    assert.deepEqual(page.data.map((entry: Json) => [entry.amount, entry.reason]), [[-3, "use 3"], [
      -2,
      "use 2",
    ]]);
    assert.equal(page.pagination.total, 4);
    const next = await (await app.request(page.links.next)).json() as Json;
    assert.deepEqual(next.data.map((entry: Json) => entry.amount), [-1, 100]);
  });

  it("limits how often a merchant reads its ledger, and no other", async () => {
    const ids = [await newMerchant(), await newMerchant()] as const;
    const [busy, other] = await Promise.all(ids.map((id) => merchant(id)));
    const read = async (id: string, { headers }: { headers: Record<string, string> }) => {
      const response = await fronted.request(`/api/v1/merchants/${id}/ledger`, { headers });
      await response.text();
      return response;
    };
    const answers: Response[] = [];
    do { // together, because a unit comes back in each second
      answers.push(...await Promise.all(Array.from({ length: 80 }, () => read(ids[0], busy!))));
    } while (answers.every(({ status }) => status === 200));
    assert.ok(answers.filter(({ status }) => status === 200).length >= 60);
    const refused = answers.find(({ status }) => status !== 200)!;
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get("retry-after") ?? "", /^[12]$/);
    assert.equal((await read(ids[1], other!)).status, 200);
    assert.equal((await fronted.request(`/api/v1/merchants/${ids[0]}`, busy)).status, 200);
  });

  it("answers 404 for a merchant that does not exist, and 405 for a wrong method", async () => {
    assert.equal((await app.request("/api/v1/merchants/nobody/ledger")).status, 404);
    assert.equal(
      (await app.request("/api/v1/merchants/nobody/credits/deduct", json({ amount: 1 }))).status,
      404,
    );
    const response = await app.request("/api/v1/merchants/nobody", { method: "DELETE" });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD"]);
  });

  it("keeps a daily summary from the events of deductions, each once", async () => {
    await using bus = createMemoryBus();
    await using relay = createOutbox(db, { service: "credits", logger: SILENT }).relay(bus);
    await using listener = createUsageListener(bus, db);
    await db.sql`delete from glam_outbox`; // what other tests have to tell
    await Promise.all([relay.start(), listener.start()]);
    const id = await newMerchant();
    for (const amount of [3, 4]) {
      await app.request(`/api/v1/merchants/${id}/credits/deduct`, json({ amount, reason: "analysis" }));
    }
    const usage = async () =>
      (await (await app.request(`/api/v1/merchants/${id}/usage`)).json() as Json).data as Json[];
    const sum = async (key: string) => (await usage()).reduce((total, day) => total + day[key], 0);
    await waitFor(async () => await sum("deductions") === 2, "both are in the summary");
    const stored = await bus.readMessage(Streams.EVENTS, { sequence: 1 });
    const first = JSON.parse(new TextDecoder().decode(stored!.data)) as Json;
    assert.deepEqual({ ...first.data, merchant_id: "", operation_id: "" }, {
      merchant_id: "",
      credits_deducted: 3,
      previous_balance: 100,
      new_balance: 97,
      operation_type: "analysis",
      operation_id: "",
    });
    await relay.stop();
    // On a stream that has forgotten it, it comes again.
    await using other = createMemoryBus();
    await using again = createUsageListener(other, db);
    await again.start();
    const publisher = createPublisher(other, { service: "credits" });
    await publisher.publish(CreditDeducted, first.data, { idempotencyKey: first.data.operation_id });
    // Events of a merchant are handled in their order, so with this one the other is handled, too.
    const next = { ...first.data, operation_id: crypto.randomUUID(), credits_deducted: 5 };
    await publisher.publish(CreditDeducted, next);
    await waitFor(async () => await sum("deductions") > 2, "the next is in the summary");
    await again.stop();
    assert.deepEqual([await sum("deductions"), await sum("credits")], [3, 12]);
    assert.ok((await usage()).some(({ day }) => day === first.timestamp.slice(0, 10)));
  });

  it("never goes below zero and never loses a deduction when 200 come at once", async () => {
    const id = await newMerchant(150);
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => {
      const response = await app.request(`/api/v1/merchants/${id}/credits/deduct`, json({ amount: 1 }));
      await response.text();
      return response.status;
    }));
    assert.deepEqual(
      [
        statuses.filter((status) => status === 201).length,
        statuses.filter((status) => status === 409).length,
      ],
      [150, 50],
    );
    const [merchant] = await db.sql<{ balance: number }>`select balance from merchants where id = ${id}`;
    assert.equal(merchant?.balance, 0);
    const entries = await db.sql<{ balance_after: number }>`
      select balance_after from ledger where merchant_id = ${id} order by id`;
    assert.deepEqual(
      entries.map((entry) => entry.balance_after).sort((a, b) => a - b),
      Array.from({ length: 151 }, (_, balance) => balance),
    );
  });
}
