import assert from "node:assert/strict";
import { test } from "node:test";
import { parseList } from "structured-headers";
import { bundleWorker, startWorker } from "../_support/workerd.ts";

test("a worker limits how often an address may call, in its memory", async () => {
  await using worker = await startWorker(await bundleWorker("limits"), "limits");
  const ask = async (address: string) => {
    const headers = { "CF-Connecting-IP": address };
    const response = await fetch(`${worker.url}/items`, { headers });
    await response.text();
    return response;
  };
  const answers = [
    await ask("192.0.2.1"),
    await ask("192.0.2.1"),
    await ask("192.0.2.1"),
    await ask("192.0.2.2"),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 429, 200], worker.logs());
  for (const { headers } of answers) assert.equal(parseList(headers.get("ratelimit")!).length, 1);
  assert.match(answers[2]!.headers.get("retry-after") ?? "", /^\d+$/);
});
