import assert from "node:assert/strict";
import { it } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { createMemoryBus } from "@glam/shared/messaging";
import { startPglite } from "../../_support/pglite.ts";
import { effects, listenOnce, openInbox, publishPlain } from "./_inbox.ts";
import { waitFor } from "../../_support/wait_for.ts";

it("an inbox works on PGlite and the memory bus, where all handlers share one session", async () => {
  await using db = await connectDatabase(await startPglite());
  await using bus = createMemoryBus();
  const inbox = await openInbox(db);
  await inbox.ensureTable();
  await db.sql`insert into glam_inbox values ('c', 'old', now() - interval '20 days')`;
  let attempts = 0;
  await using listener = listenOnce(bus, inbox, {
    concurrency: 8,
    async handle({ tx, data }) {
      await tx`insert into effects (n) values (${data.n})`;
      if (data.n === 3 && ++attempts === 1) throw new Error("by chance");
    },
  });
  await listener.start();
  for (let n = 1; n <= 20; n++) {
    await publishPlain(bus, `e${n}`, n);
    await publishPlain(bus, `e${n}`, n);
  }
  await waitFor(async () => {
    const { consumers, in_flight } = await listener.health();
    return in_flight + consumers[0]!.lag + consumers[0]!.held === 0;
  }, "everything is handled");
  assert.deepEqual(await effects(db), Array.from({ length: 20 }, (_, i) => i + 1));
  assert.equal(attempts, 2);
  assert.equal(await inbox.cleanUp(), 1);
});
