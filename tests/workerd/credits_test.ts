import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleWorker, startWorker } from "../_support/workerd.ts";

test("the example's main module runs on workerd as it is", async () => {
  const bundle = await bundleWorker("credits", { main: "examples/credits/main.ts" });
  await using worker = await startWorker(bundle, "main");
  const deduct = () =>
    fetch(`${worker.url}/api/v1/merchants/demo/credits/deduct`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ amount: 60 }),
    });
  const first = await deduct();
  assert.equal(first.status, 201);
  assert.equal((await first.json()).data.balance_after, 40);
  const second = await deduct();
  assert.equal(second.status, 409);
  assert.equal((await second.json()).error.code, "INSUFFICIENT_CREDIT");
});
