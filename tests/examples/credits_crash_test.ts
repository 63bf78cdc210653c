import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoggerLike } from "@glam/shared/api";
import { connectDatabase, Migrator } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { createApp } from "../../examples/credits/app.ts";
import { CreditStore } from "../../examples/credits/store.ts";
import { guards, operator } from "../_support/credits_callers.ts";
import { byExtent } from "../_support/extent.ts";
import { startPostgres } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";

const migrations = new URL("../../examples/credits/migrations", import.meta.url);
const SILENT: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
const CLIENTS = 16;
const KILLS = byExtent({ whole: 3, short: 1 });

describe("the credits service when Postgres is killed", () => {
  it("has every deduction that it acknowledged, and answers again by itself", async () => {
    await using server = await startPostgres();
    await using db = await connectDatabase({ url: server.url, poolSize: 8 });
    await new Migrator(db, { migrations }).up();
    const store = new CreditStore(db, createOutbox(db, { service: "credits" }));
    const app = createApp((work) => work(store), { logger: SILENT, guards: await guards() });
    const { headers: credential } = await operator();
    await store.create({ id: "acme", domain: "acme.example.com" }, 1_000_000);

    const acknowledged: string[] = [];
    const failures = new Map<number, number>();
    let serial = 0;
    let stopped = false;
    async function client(): Promise<void> {
      while (!stopped) {
        const reason = `use ${++serial}`;
        const response = await app.request("/api/v1/merchants/acme/credits/deduct", {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            "Idempotency-Key": JSON.stringify(reason),
            ...credential,
          },
          body: JSON.stringify({ amount: 1, reason }),
        });
        await response.text();
        if (response.status === 201) acknowledged.push(reason);
        else {
          failures.set(response.status, (failures.get(response.status) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    }

    /** Waits until so many more deductions have been acknowledged. */
    async function more(count: number): Promise<void> {
      const goal = acknowledged.length + count;
      await waitFor(
        () => acknowledged.length >= goal,
        () => `${goal - acknowledged.length} more are acknowledged`,
      );
    }

    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    for (let kill = 0; kill < KILLS; kill++) {
      await more(100);
      await server.kill9();
      await server.restart();
    }
    await more(100);
    stopped = true;
    await clients;

    const booked = await db.sql<{ reason: string }>`select reason from ledger where amount < 0`;
    const reasons = new Set(booked.map((entry) => entry.reason));
    assert.deepEqual(acknowledged.filter((reason) => !reasons.has(reason)), []);
    assert.equal(reasons.size, booked.length);
    assert.equal((await store.get("acme")).balance, 1_000_000 - booked.length);
    assert.deepEqual([...failures.keys()], [503]);
  });
});
