import assert from "node:assert/strict";
import { test } from "node:test";
import { createConsumer } from "../../scripts/_consumer.ts";
import { run } from "../../scripts/_run.ts";
import { node } from "../../scripts/tools.ts";

test("embeddedPostgres says how to install what it needs, where that is not installed", async () => {
  const folder = await createConsumer("without_pglite");
  for (const name of ["pglite", "pglite-socket"]) {
    await Deno.remove(`${folder}/node_modules/@electric-sql/${name}`, { recursive: true });
  }
  const code = `import { embeddedPostgres } from "@glam/shared/testing";
await embeddedPostgres().catch((error) => console.log(error.name + ": " + error.message));`;
  const { output } = await run([await node(), "--input-type=module", "-e", code], { cwd: folder });
  assert.equal(
    output.trim(),
    "ConfigError: Cannot start an embedded Postgres: it is not installed. " +
      "Run: npm install @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17",
  );
});
