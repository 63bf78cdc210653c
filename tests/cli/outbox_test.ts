import { createMemoryBus, createOutbox, defineEvent, type Outbox } from "@glam/shared/messaging";
import { createLogger } from "@glam/shared/logging";
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { glam } from "./_glam.ts";

const Kept = defineEvent("evt.order.kept.v1", z.object({ id: z.int() }));
const Late = defineEvent("evt.order.late.v1", z.object({ id: z.int() }));
const Lost = defineEvent("cmd.order.lose.v1", z.object({ id: z.int() }));

describe("glam outbox", () => {
  let db: TestDatabase;
  let outbox: Outbox;
  const ids: string[] = [];
  before(async () => {
    db = await createTestDatabase();
    outbox = createOutbox(db, {
      service: "shop",
      maxAttempts: 1,
      logger: createLogger("shop", { sink() {} }),
    });
    await outbox.ensureTable();
  });
  after(() => db[Symbol.asyncDispose]());

  const call = (...args: string[]) =>
    glam(["outbox", ...args, "--schema", db.schema], { env: { DATABASE_URL: db.url } });

  /** Adds two events that no stream takes, and waits until they are given up. */
  async function die(): Promise<void> {
    ids.length = 0;
    await using bus = createMemoryBus();
    await bus.ensureStream({ name: "OTHER", subjects: ["evt.>"] });
    await db.transaction(async (tx) => {
      for (const id of [1, 2]) ids.push((await outbox.add(tx, Lost, { id }, { key: `k${id}` })).eventId);
    });
    await using relay = outbox.relay(bus, { ensureStreams: false });
    await relay.start();
    await waitFor(async () => (await outbox.status()).dead === 2, "both are given up");
  }

  it("says how many events wait, for how long, and what became of the others", async () => {
    await die();
    await db.transaction(async (tx) => {
      await outbox.add(tx, Kept, { id: 3 });
      await outbox.add(tx, Late, { id: 4 }, { availableAt: new Date(Date.now() + 3_600_000) });
    });
    const { code, out, errors } = await call("status");
    assert.equal(code, 0, errors);
    assert.match(
      out,
      /^pending {2}1, the oldest for \d+ s\ndelayed {2}1\ndead {5}2\nsent {5}0\n\nevent +added +subject/,
    );
    assert.match(out, new RegExp(`^${ids[0]}  .*  cmd\\.order\\.lose\\.v1  k1 +1 +\\S`, "m"));
    assert.equal(errors, "Fix the cause, then: glam outbox retry\n");
    const document = JSON.parse((await call("status", "--json", "--limit", "1")).out);
    assert.deepEqual([document.pending, document.delayed, document.dead, document.sent], [1, 1, 2, 0]);
    assert.equal(typeof document.oldest_age_seconds, "number");
    assert.deepEqual(document.dead_events.map((event: { event_id: string }) => event.event_id), [ids[0]]);
  });

  it("has dead events tried again by id, by filter and all, and takes nothing for all", async () => {
    const nothing = await call("retry");
    assert.equal(nothing.code, 2);
    assert.match(nothing.errors, /^glam: Select the events by ids, a filter such as --subject, or --all$/m);
    assert.match((await call("retry", ids[0]!, "--all")).errors, /only one of ids, a filter/);
    assert.equal((await call("retry", ids[0]!)).out, "1 event will be retried\n");
    assert.equal((await outbox.status()).dead, 1);
    const unknown = await call("retry", ids[0]!);
    assert.deepEqual([unknown.code, unknown.out], [1, "Nothing to retry\n"]);
    assert.match(unknown.errors, /^1 of these ids belong to no dead event/);
    assert.equal((await call("retry", "--subject", "evt.order.kept.v1")).out, "Nothing to retry\n");
    assert.deepEqual(JSON.parse((await call("retry", "--key", "k2", "--json")).out), { retried: 1 });
    assert.equal((await outbox.status()).dead, 0);
  });

  it("says what to do where there is no database or no table", async () => {
    const none = await glam(["outbox", "status"]);
    assert.equal(none.code, 2);
    assert.match(none.errors, /^glam: Say which database: --database-url, DATABASE_URL, or --service/m);
    const missing = await call("status", "--table", "other");
    assert.equal(missing.code, 1);
    assert.match(missing.errors, /^glam: .*other/m);
    const away = await glam(["outbox", "status", "--database-url", "postgres://app:s3cret@127.0.0.1:1/shop"]);
    assert.equal(away.code, 1);
    assert.match(away.errors, /^glam: Cannot connect to the database "shop" at 127\.0\.0\.1:1: /m);
    assert.doesNotMatch(away.errors, /s3cret/);
  });
});
