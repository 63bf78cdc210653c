import assert from "node:assert/strict";
import { test } from "node:test";
import { runDrill } from "../_support/drill/run_drill.ts";
import { byExtent } from "../_support/extent.ts";

test("nothing is lost or doubled while replicas, Postgres and NATS are killed in turn", async () => {
  const { differences, ...report } = await runDrill({
    replicas: 2,
    ...byExtent({
      whole: { seconds: 14, clients: 8, everyMs: 1500 },
      short: { seconds: 0, clients: 4, everyMs: 0 }, // each is killed once
    }),
  });
  console.log(JSON.stringify(report));
  assert.deepEqual(differences, []);
  assert.ok(report.acknowledged > 100, "too little was asked for");
  assert.ok(report.replays > 10, "too little was asked for again");
  for (const [what, kills] of Object.entries(report.kills)) assert.ok(kills > 0, `${what} was not killed`);
});
