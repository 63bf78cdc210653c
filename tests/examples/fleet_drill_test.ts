import assert from "node:assert/strict";
import { test } from "node:test";
import { runDrill } from "../_support/drill/run_drill.ts";
import { byExtent } from "../_support/extent.ts";

test("nothing is lost, doubled or out of order while replicas, databases and NATS are killed in turn", async () => {
  const { differences, ...report } = await runDrill({
    replicas: 2,
    payWithinSeconds: 2,
    ...byExtent({
      whole: { seconds: 4, clients: 8, everyMs: 200 },
      short: { seconds: 0, clients: 4, everyMs: 0 }, // each is killed once
    }),
  });
  console.log(JSON.stringify(report));
  assert.deepEqual(differences, []);
  assert.ok(report.acknowledged > 100, "too little was asked for");
  assert.ok(report.replays > 10, "too little was asked for again");
  assert.ok(report.paid > 50 && report.paid < report.acknowledged, "orders were paid, and left unpaid");
  assert.ok(report.refused > 0, "some asked for too much");
  for (const [what, kills] of Object.entries(report.kills)) assert.ok(kills > 0, `${what} was not killed`);
});
