import assert from "node:assert/strict";
import { it } from "node:test";
import { runWithContext } from "@glam/shared/context";
import {
  connectDatabase,
  type Database,
  defineTable,
  merchantScoped,
  Repository,
  softDelete,
  timestamps,
} from "@glam/shared/db";
import { ConflictError, ForbiddenError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase, PATIENT } from "../../_support/postgres.ts";
import { countQueries, createTables, uuid } from "../_support.ts";

const columns = z.object({ id: z.uuid(), sku: z.string(), stock: z.int32().default(0) });
const Items = defineTable("items", {
  columns,
  unique: [["merchant_id", "sku"]],
  ...timestamps,
  ...softDelete,
  ...merchantScoped,
});
const Guarded = defineTable("guarded", {
  columns,
  unique: [["merchant_id", "stock"]],
  rowLevelSecurity: true,
  ...merchantScoped,
});

const A = uuid(0xa);
const B = uuid(0xb);
const ofA = { merchant_domain: "a.example" };

function asMerchant<T>(merchantId: string | undefined, work: () => Promise<T>): Promise<T> {
  return runWithContext({ service: "test", merchantId, merchantDomain: "ctx.example" }, work);
}

it("without a merchant every method is refused before any SQL", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Items);
  const queries = await countQueries(db, async (watched) => {
    const items = new Repository(watched, Items);
    const row = { id: uuid(1), sku: "a", ...ofA };
    const methods = () => [
      items.save(row),
      items.saveMany([row]),
      items.upsert(row),
      items.upsert([row]),
      items.update(uuid(1), { sku: "b" }),
      items.delete({}),
      items.deleteById(uuid(1)),
      items.restore(uuid(1)),
      items.findById(uuid(1)),
      items.findAll(),
      items.findPage(),
      items.findAfter(),
      items.count(),
      items.exists(),
      Array.fromAsync(items.stream()),
    ];
    const refused = [...methods(), ...await asMerchant("", () => Promise.resolve(methods()))];
    for (const result of await Promise.allSettled(refused)) {
      assert.equal(result.status, "rejected");
      assert.ok(result.reason instanceof ForbiddenError, String(result.reason));
    }
    await assert.rejects(asMerchant("' or true --", () => items.findAll()), ForbiddenError);
    await assert.rejects(items.forMerchant("").findAll(), ForbiddenError);
  });
  assert.equal(queries, 0);
});

it("no method reaches a row of another merchant", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Items);
  const items = new Repository(db, Items);
  const b = items.forMerchant(B, { domain: "b.example" });
  await b.save({ id: uuid(1), sku: "of b" });
  await b.save({ id: uuid(2), sku: "deleted of b" });
  await b.deleteById(uuid(2));
  const before = await db.sql`select * from items order by id`;
  await asMerchant(A, async () => {
    assert.equal(await items.findById(uuid(1)), null);
    assert.equal(await items.findById(uuid(2), { deleted: "include" }), null);
    assert.deepEqual(await items.findAll({}, { deleted: "include" }), []);
    assert.deepEqual(await items.findAll({ merchant_id: B }), []);
    assert.deepEqual(await items.findAll({ or: [{ merchant_id: B }, { sku: "of b" }] }), []);
    assert.deepEqual(await items.findAll({ not: { merchant_id: A } }), []);
    assert.equal((await items.findPage({}, { deleted: "include" })).total, 0);
    assert.equal(await items.count(), 0);
    assert.equal(await items.exists({ sku: "of b" }), false);
    assert.deepEqual(await Array.fromAsync(items.stream()), []);
    await assert.rejects(items.update(uuid(1), { stock: 1 }), NotFoundError);
    await assert.rejects(items.deleteById(uuid(1)), NotFoundError);
    await assert.rejects(items.deleteById(uuid(1), { hard: true }), NotFoundError);
    await assert.rejects(items.restore(uuid(2)), NotFoundError);
    assert.equal(await items.delete({}), 0);
    assert.equal(await items.delete({}, { hard: true, deleted: "include" }), 0);
    await assert.rejects(items.upsert({ id: uuid(1), sku: "stolen" }), ConflictError);
    await assert.rejects(items.upsert({ id: uuid(2), sku: "stolen" }, { restore: true }), ConflictError);
    await assert.rejects(
      items.upsert([{ id: uuid(3), sku: "own" }, { id: uuid(1), sku: "stolen" }]),
      ConflictError,
    );
    await assert.rejects(items.save({ id: uuid(1), sku: "stolen" }), ConflictError);
  });
  assert.deepEqual(Array.from(await db.sql`select * from items order by id`), Array.from(before));
});

it("a cursor of one merchant shows another one nothing", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Items);
  const items = new Repository(db, Items);
  const of = (id: string) => items.forMerchant(id, { domain: "x.example" });
  for (let i = 0; i < 6; i++) await of(i % 2 === 0 ? A : B).save({ id: uuid(i), sku: `s${i}` });
  const { next } = await of(A).findAfter({}, { limit: 1 });
  const page = await of(B).findAfter({}, { limit: 10, after: next! });
  assert.deepEqual(page.items.map(({ sku }) => sku), ["s1", "s3", "s5"]);
});

it("a row belongs to the merchant of the request, and its merchant never changes", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Items);
  const items = new Repository(db, Items);
  await asMerchant(A, async () => {
    const row = await items.save({ id: uuid(1), sku: "a" });
    assert.deepEqual([row.merchant_id, row.merchant_domain], [A, "ctx.example"]);
    assert.equal(
      (await items.save({ id: uuid(2), sku: "b", merchant_id: A, ...ofA })).merchant_domain,
      "a.example",
    );
    const foreign = { id: uuid(3), sku: "c", merchant_id: B };
    await assert.rejects(items.save(foreign), ForbiddenError);
    await assert.rejects(items.saveMany([{ id: uuid(4), sku: "d" }, foreign]), ForbiddenError);
    await assert.rejects(items.upsert(foreign), ForbiddenError);
    await assert.rejects(items.upsert([foreign]), ForbiddenError);
    await assert.rejects(items.update(uuid(1), { merchant_id: B } as never), ForbiddenError);
    assert.equal((await items.update(uuid(1), { sku: "z", merchant_id: A } as never)).sku, "z");
    assert.equal(
      await items.saveMany([{ id: uuid(5), sku: "e" }, { id: uuid(6), sku: "f", merchant_id: A }]),
      2,
    );
  });
  assert.equal(await items.forMerchant(A).count(), 4);
  // Whom a repository is for goes before whom the request is from, and the domain of the one is not of the other.
  await asMerchant(A, async () => {
    assert.equal(await items.forMerchant(B).count(), 0);
    const row = { id: uuid(9), sku: "a" };
    await assert.rejects(items.forMerchant(B).save(row), { code: "CONTRACT_ERROR", status: 500 });
    await assert.rejects(items.forMerchant(B).save(row, { from: "client" }), { status: 422 });
  });
});

it("a repository that a service extends stays one for a merchant", async () => {
  class ItemRepository extends Repository<typeof Items> {
    constructor(db: Database) {
      super(db, Items);
    }
    inStock() {
      return this.findAll({ stock: { gt: 0 } });
    }
  }
  await using db = await createTestDatabase();
  await createTables(db, Items);
  const items = new ItemRepository(db);
  await items.forMerchant(A, { domain: "a.example" }).save({ id: uuid(1), sku: "a", stock: 1 });
  assert.equal((await items.forMerchant(A).inStock()).length, 1);
  assert.equal((await items.forMerchant(B).inStock()).length, 0);
  await assert.rejects(items.inStock(), ForbiddenError);
});

it("a table without tenants has no repository for one", async () => {
  await using db = await createTestDatabase();
  const plain = new Repository(db, defineTable("plain", { columns }));
  assert.throws(() => plain.forMerchant(A), TypeError);
});

it("with row level security the server keeps tenants apart, also from SQL that forgot to", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Guarded);
  const role = `app_${db.schema}`;
  await db.sql.unsafe(`create role ${role} login password 'app' nosuperuser nobypassrls`);
  await db.sql.unsafe(`grant usage on schema ${db.schema} to ${role}`);
  await db.sql.unsafe(`grant select, insert, update, delete on guarded to ${role}`);
  const url = new URL(db.url);
  url.username = role;
  url.password = "app";
  const app = await connectDatabase({ ...PATIENT, url: url.href, schema: db.schema, poolSize: 1 });
  try {
    const guarded = new Repository(app, Guarded);
    const a = guarded.forMerchant(A, { domain: "a.example" });
    const b = guarded.forMerchant(B, { domain: "b.example" });
    assert.equal((await a.save({ id: uuid(1), sku: "a" })).merchant_id, A);
    assert.equal(await b.saveMany([{ id: uuid(2), sku: "b" }, { id: uuid(3), sku: "b", stock: 1 }]), 2);
    // Of such a table the server itself names no columns.
    await assert.rejects(a.save({ id: uuid(9), sku: "c" }), {
      status: 409,
      details: { constraint: "uq_guarded_merchant_id_stock", fields: ["merchant_id", "stock"] },
    });
    assert.deepEqual((await a.findAll()).map(({ sku }) => sku), ["a"]);
    assert.equal(await b.count(), 2);
    assert.equal((await Array.fromAsync(b.stream({}, { batchSize: 1 }))).length, 2);
    assert.equal((await a.findById(uuid(1)))?.sku, "a");
    assert.equal(await a.findById(uuid(2)), null);

    // No setting: no row; and the next user of the connection finds none that was left behind.
    assert.equal((await app.sql`select * from guarded`).length, 0);
    await app.transaction(async (tx) => {
      assert.equal(await a.count(), 1);
      assert.equal((await tx`select * from guarded`).length, 1);
      assert.equal(await b.count(), 2);
    });
    // Streams in one transaction, where each sets its tenant.
    await app.transaction(async () => {
      const streams = [b, a, b].map((each) => Array.fromAsync(each.stream({}, { batchSize: 1 })));
      const skus = (await Promise.all(streams)).map((rows) => rows.map(({ sku }) => sku));
      assert.deepEqual(skus, [["b", "b"], ["a"], ["b", "b"]]);
    });
    assert.equal((await app.sql`select * from guarded`).length, 0);
    await assert.rejects(
      app.transaction(async (tx) => {
        await a.count();
        await tx`insert into guarded (id, sku, stock, merchant_id, merchant_domain)
          values (${uuid(4)}, 'x', 0, ${B}, 'b.example')`;
      }),
      ForbiddenError,
    );
    await assert.rejects(
      app.sql`insert into guarded (id, sku, stock, merchant_id, merchant_domain)
        values (${uuid(4)}, 'x', 0, ${B}, 'b.example')`,
      ForbiddenError,
    );
  } finally {
    await app.close();
    await db.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  }
});
