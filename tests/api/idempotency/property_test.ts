import assert from "node:assert/strict";
import { it } from "node:test";
import { ConflictError } from "@glam/shared/errors";
import fc from "fast-check";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { type Answer, keyedApp } from "./_support.ts";

/** What becomes of one request. */
const outcome = fc.constantFrom(
  "done",
  "done",
  "refused",
  "failed",
  "lost connection",
  "lost answer",
  "too late",
);
/** A request: with one of three keys, with one of two bodies. */
const request = fc.record({ key: fc.nat(2), body: fc.nat(1), outcome });
/** Requests that are sent together, then others. */
const rounds = fc.array(fc.array(request, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

it("whatever happens in between, the effects are as many as the keys that were answered with a success", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table effects (run int not null, key int not null, body int not null)`;
  let run = 0;
  const app = keyedApp({ database: db }, async ({ body: { sku }, c, signal }) => {
    const [key, body] = sku.split(" ").map(Number);
    await db.sql`insert into effects (run, key, body) values (${run}, ${key}, ${body})`;
    switch (c.req.raw.headers.get("outcome")) {
      case "refused":
        throw new ConflictError("No");
      case "failed":
        throw new Error("by chance");
      case "lost connection": // as Postgres sees a process that is killed
        await db.sql`select pg_terminate_backend(pg_backend_pid())`;
        break;
      case "too late":
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    return { n: run, sku };
  }, { deadlines: "all" });
  await app.guard.ensureTable();

  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      run++;
      const successes = new Map<number, Set<string>>();
      const send = async (key: number, body: number, outcome: string): Promise<Answer> => {
        const sku = `${key} ${body}`;
        const patience: Record<string, string> = outcome === "too late"
          ? { "X-Request-Timeout-Ms": "30" }
          : {};
        const answer = await app.order(`${run}-${key}`, { sku }, { outcome, ...patience });
        assert.ok([201, 409, 422, 500, 503, 504].includes(answer.status), answer.text);
        if (answer.status < 400 && outcome !== "lost answer") {
          successes.set(key, (successes.get(key) ?? new Set()).add(answer.text));
        }
        return answer;
      };
      for (const round of all) {
        await Promise.all(round.map(({ key, body, outcome }) => send(key, body, outcome)));
      }
      // Whoever got no answer asks again, with the body of the first request that was taken down.
      const keys = new Set(all.flat().map(({ key }) => key));
      for (const key of keys) {
        await waitFor(async () => {
          for (const body of [0, 1]) {
            const { status, body: { error } } = await send(key, body, "done");
            if (status === 201 || error?.code === "CONFLICT") return true;
          }
          return false; // the server still undoes what was lost
        }, "the key has an answer");
      }
      const rows = await db.sql<{ key: number; count: number }>`
        select key, count(*)::int as count from effects where run = ${run} group by key order by key`;
      assert.deepEqual(rows.map(({ key }) => key), [...successes.keys()].sort(), "effects and successes");
      assert.deepEqual(rows.filter(({ count }) => count !== 1), [], "none is there twice");
      for (const texts of successes.values()) assert.equal(texts.size, 1, "a key has one answer");
    }),
    { numRuns: byExtent({ whole: 30, short: 8 }) },
  );
});
