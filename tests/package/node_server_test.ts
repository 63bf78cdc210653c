import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createConsumer, packedManifest } from "../../scripts/_consumer.ts";
import { run } from "../../scripts/_run.ts";
import { node } from "../../scripts/tools.ts";

describe("on Node without @hono/node-server", () => {
  let folder: string;
  before(async () => {
    folder = await createConsumer("no-node-server");
    await Deno.remove(`${folder}/node_modules/@hono/node-server`, { recursive: true });
    await Deno.writeTextFile(
      `${folder}/main.mjs`,
      `import { createService } from "@glam/shared/service";\nawait createService({ name: "test", port: 0 }).run();\n`,
    );
  });

  test("a service does not start, and says what to install", async () => {
    const { code, output } = await run([await node(), "main.mjs"], { cwd: folder });
    assert.equal(code, 1);
    assert.match(
      output,
      /Cannot start "test": http: the package @hono\/node-server is missing.* Run: npm install @hono\/node-server/,
    );
  });

  test("a service with WebSockets and no ws does not start, and says what to install", async () => {
    const other = await createConsumer("no-ws");
    await Deno.remove(`${other}/node_modules/ws`, { recursive: true });
    const service = `createService({ name: "test", port: 0, websocket: true })`;
    await Deno.writeTextFile(
      `${other}/main.mjs`,
      `import { createService } from "@glam/shared/service";\nawait ${service}.run();\n`,
    );
    const { code, output } = await run([await node(), "main.mjs"], { cwd: other });
    assert.equal(code, 1);
    assert.match(output, /Cannot start "test": http: the package ws is missing.* Run: npm install ws/);
  });

  test("it is an optional peer, so that nobody else installs it", async () => {
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = await packedManifest();
    assert.equal(dependencies["@hono/node-server"], undefined);
    assert.match(peerDependencies["@hono/node-server"] ?? "", /^>=2/);
    assert.deepEqual((peerDependenciesMeta as Record<string, unknown>)["@hono/node-server"], {
      optional: true,
    });
  });
});
