import assert from "node:assert/strict";
import { it } from "node:test";
import { runPartitionDrill } from "../../_support/partitions/run_partition_drill.ts";

it("every key keeps its order while replicas and servers of a cluster are killed and suspended", async () => {
  const { differences, ...report } = await runPartitionDrill({
    events: 1000,
    keys: 50,
    seconds: 2,
    ackWaitMs: 1500,
    everyMs: 300,
    pauseMs: 500,
  });
  console.log(JSON.stringify(report));
  assert.deepEqual(differences, []);
  assert.ok(report.failed > 0 && report.runs >= report.published);
  for (const [what, count] of Object.entries(report.turns)) assert.ok(count > 0, what);
});
