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

test("a client adds at most 8 KB to a service, minified and compressed, without the package of its circuit breaker", async (t) => {
  const size = async (name: string) => {
    const bundle = await bundleWorker(name, { minify: true, keepNames: false, without: ["cockatiel"] });
    return await gzipSize(`${bundle}/${name}.js`);
  };
  const added = await size("service_with_client") - await size("service_alone");
  t.diagnostic(`${(added / 1024).toFixed(2)} KB`);
  assert.ok(added > 0 && added <= 8 * 1024, `Expected at most 8192 bytes, got ${added}`);
});

test("a service that does not import authentication carries nothing of it", async () => {
  const text = async (name: string) => await Deno.readTextFile(`${await bundleWorker(name)}/${name}.js`);
  assert.match(await text("auth"), /ERR_JWS_SIGNATURE_VERIFICATION_FAILED/);
  assert.doesNotMatch(await text("service_with_client"), /ERR_JW|service\+jwt|invalid_token/i);
});

async function gzipSize(path: string): Promise<number> {
  const compressed = new Blob([await Deno.readFile(path)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return (await new Response(compressed).arrayBuffer()).byteLength;
}
