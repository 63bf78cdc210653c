import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleWorker, startWorker } from "../_support/workerd.ts";

const LIMIT = 60 * 1024;

test("a service with one route is at most 60 KB, minified and compressed, and answers", async (t) => {
  const bundle = await bundleWorker("one_route", { minify: true });
  const bytes = await gzipSize(`${bundle}/one_route.js`);
  t.diagnostic(`${(bytes / 1024).toFixed(1)} KB`);
  assert.ok(bytes <= LIMIT, `Expected at most ${LIMIT} bytes, got ${bytes}`);
  await using worker = await startWorker(bundle, "one_route");
  const response = await fetch(`${worker.url}/items/7`);
  assert.deepEqual((await response.json()).data, { id: "7" });
});

test("a client is at most 20 KB above its contracts with its circuit breaker, and has nothing of Hono", async (t) => {
  const bytes: number[] = [];
  for (const name of ["contract_alone", "client_alone"]) {
    const path = `${await bundleWorker(name, { minify: true })}/${name}.js`;
    assert.doesNotMatch(await Deno.readTextFile(path), /Context is not finalized|\bHono\b/);
    bytes.push(await gzipSize(path));
  }
  const added = bytes[1]! - bytes[0]!;
  t.diagnostic(`${(added / 1024).toFixed(1)} KB`);
  assert.ok(added > 0 && added <= 20 * 1024, `Expected at most 20480 bytes, got ${added}`);
});

async function gzipSize(path: string): Promise<number> {
  const compressed = new Blob([await Deno.readFile(path)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return (await new Response(compressed).arrayBuffer()).byteLength;
}
