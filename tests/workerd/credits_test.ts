import assert from "node:assert/strict";
import { test } from "node:test";
import { connectDatabase, Migrator } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { CreditStore } from "../../examples/credits/store.ts";
import { merchant, variables } from "../_support/credits_callers.ts";
import { startPostgres } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { bundleWorker, startWorker } from "../_support/workerd.ts";

test("the example's main module runs on workerd as it is, on a Postgres over TCP", async () => {
  await using server = await startPostgres();
  await using db = await connectDatabase(server.url);
  await new Migrator(db, { migrations: new URL("../../examples/credits/migrations", import.meta.url) }).up();
  const store = new CreditStore(db, createOutbox(db, { service: "credits" }));
  await store.ensureDemo();

  const bundle = await bundleWorker("credits", { main: "examples/credits/main.ts" });
  await using worker = await startWorker(bundle, "main", {
    DATABASE_URL: server.url,
    APP_ENV: "test",
    ...await variables(),
  });
  const { headers } = await merchant("demo");
  const deduct = (key: string) =>
    fetch(`${worker.url}/api/v1/merchants/demo/credits/deduct`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key, ...headers },
      body: JSON.stringify({ amount: 60 }),
    });
  const first = await deduct("a");
  assert.equal(first.status, 201, `${await first.clone().text()}\n${worker.logs()}`);
  assert.equal((await first.json()).data.balance_after, 40);
  const again = await deduct("a");
  assert.deepEqual(
    [again.status, again.headers.get("idempotent-replayed")],
    [201, "true"],
    await again.text(),
  );
  const second = await deduct("b");
  assert.equal(second.status, 409);
  assert.equal((await second.json()).error.code, "INSUFFICIENT_CREDIT");
  assert.equal((await store.get("demo")).balance, 40);
  // What a worker writes into the outbox is published by the servers of the service.
  const waiting = await db.sql<{ subject: string; status: string }>`select subject, status from glam_outbox`;
  assert.deepEqual([...waiting], [{ subject: "evt.credit.deducted.v1", status: "pending" }]);

  // The documentation runs there, too, but for Swagger UI, which is on a disk.
  const page = await fetch(`${worker.url}/docs`);
  assert.match(
    page.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src 'nonce-/,
    worker.logs(),
  );
  assert.match(await page.text(), /Take credits off an account/);
  for (
    const [path, status] of [["/openapi.json", 200], ["/asyncapi.json", 200], ["/docs/try", 404]] as const
  ) {
    const response = await fetch(`${worker.url}${path}`);
    assert.equal(response.status, status, path);
    await response.body?.cancel();
  }

  const anonymous = await fetch(`${worker.url}/api/v1/merchants/demo`);
  assert.equal(anonymous.status, 401, await anonymous.text());

  // Each request has a connection of its own, and leaves none behind.
  const pages = await Promise.all(Array.from({ length: 20 }, async () => {
    const response = await fetch(`${worker.url}/api/v1/merchants/demo/ledger?limit=1`, { headers });
    await response.text();
    return response.status;
  }));
  assert.deepEqual(new Set(pages), new Set([200]), worker.logs());
  const others = () =>
    db.sql`select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
  await waitFor(async () => (await others()).length === 0, "no connection stays open");
});
