import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createPostgresWebhookStore, webhookTable } from "@glam/shared/auth";
import { createTable } from "@glam/shared/db";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";

const HOUR = 3_600_000;

describe("webhooks in Postgres", () => {
  let db: TestDatabase;
  before(async () => {
    db = await createTestDatabase();
    await createPostgresWebhookStore(db).ensureTable();
    await createPostgresWebhookStore(db).ensureTable(); // nothing is left to do
  });
  after(() => db[Symbol.asyncDispose]());

  it("begin once, under all keys or none, and end as done", async () => {
    const [one, other] = [createPostgresWebhookStore(db), createPostgresWebhookStore(db)];
    assert.equal(await one.begin(["a", "b"], HOUR), "begun");
    assert.equal(await other.begin(["a"], HOUR), "running");
    assert.equal(await other.begin(["z", "b"], HOUR), "running");
    await one.finish(["a", "b"], HOUR);
    assert.equal(await other.begin(["c", "b"], HOUR), "done");
    assert.equal(await other.begin(["c"], HOUR), "begun", "the refused one has left nothing behind");
    assert.equal(await other.begin(["z"], HOUR), "begun");
  });

  it("begin again when they were forgotten, and when their time is over", async () => {
    const store = createPostgresWebhookStore(db);
    assert.equal(await store.begin(["d"], HOUR), "begun");
    await store.forget(["d"]);
    assert.equal(await store.begin(["d"], -1), "begun");
    assert.equal(await store.begin(["d"], HOUR), "begun", "its lease is over");
    await store.finish(["d"], -1);
    assert.equal(await store.begin(["d"], HOUR), "begun", "it was handled long ago");
    await store.finish(["d"], HOUR);
    await store.forget(["d"]);
    assert.equal(await store.begin(["d"], HOUR), "done", "what is done is not forgotten");
  });

  it("begin once when many replicas have them at the same time, in whatever order of keys", async () => {
    for (let round = 0; round < 5; round++) {
      const keys = [`id-${round}`, `body-${round}`];
      const stores = Array.from({ length: 20 }, () => createPostgresWebhookStore(db));
      const states = await Promise.all(
        stores.map((store, i) => store.begin(i % 2 === 0 ? keys : keys.toReversed(), HOUR)),
      );
      assert.deepEqual(states.toSorted(), ["begun", ...Array.from({ length: 19 }, () => "running")]);
    }
  });

  it("are deleted when their time is over", async () => {
    await db.sql`insert into glam_webhooks values ('old', true, now() - interval '1 second')`;
    assert.equal(await createPostgresWebhookStore(db).begin(["new"], HOUR), "begun");
    assert.deepEqual([...await db.sql`select key from glam_webhooks where key = 'old'`], []);
  });

  it("have a table for migrations", () => {
    assert.match(createTable(webhookTable)[0]!, /CREATE TABLE "glam_webhooks"/);
  });
});
