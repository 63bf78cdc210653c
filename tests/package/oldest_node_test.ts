import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createConsumer, packedManifest, tarball } from "../../scripts/_consumer.ts";
import { entryPoints, project } from "../../scripts/_project.ts";
import { run } from "../../scripts/_run.ts";
import { readTarball } from "../../scripts/_tarball.ts";
import { oldestNode, outdatedNode } from "../../scripts/tools.ts";

const PACKAGE = `node_modules/${project.name}`;

describe("the oldest Node that package.json names", () => {
  let folder: string;
  before(async () => {
    folder = await createConsumer("oldest-node");
  });

  test("is the one that the tests have", async () => {
    const { engines } = await packedManifest();
    const { output } = await run([await oldestNode(), "--version"]);
    const [oldest, tested] = [(engines as { node: string }).node.slice(2), output.trim().slice(1)];
    assert.equal(tested.split(".")[0], oldest.split(".")[0]);
  });

  test("parses every module of the package", async () => {
    const names = [...(await readTarball(await tarball())).keys()].filter((name) => name.endsWith(".js"));
    const code = `for (const name of ${JSON.stringify(names)}) {
  await import(new URL("${PACKAGE}/" + name, import.meta.url)).catch((error) => console.log(name, error));
}`;
    await Deno.writeTextFile(`${folder}/every.mjs`, code);
    const { code: exit, output } = await run([await oldestNode(), "every.mjs"], { cwd: folder });
    assert.deepEqual([exit, output], [0, ""]);
  });

  test("runs glam", async () => {
    const { code, output } = await run([await oldestNode(), `${PACKAGE}/cli/mod.js`, "--help"], {
      cwd: folder,
    });
    assert.equal(code, 0, output);
    assert.match(output, /^Usage: glam /);
  });
});

describe("a Node that is too old", () => {
  const sentence =
    /^Error: @glam\/shared runs on Node 22\.12 or newer, and this is Node 20\.\d+\.\d+: install a newer one from https:\/\/nodejs\.org$/m;
  let folder: string;
  before(async () => {
    folder = await createConsumer("outdated-node");
  });

  // These two import the rest of themselves when they are called.
  const calls: Readonly<Record<string, string>> = {
    "@glam/shared/cli": "await m.glam(['new', 'orders']);",
    "@glam/shared/config": "await m.loadConfig({ service: 'orders', schema: {} });",
  };
  for (const { specifier } of entryPoints()) {
    test(`is told what to do by ${specifier}`, async () => {
      const code = `const m = await import("${specifier}"); ${calls[specifier] ?? ""}`;
      const command = [await outdatedNode(), "--input-type=module", "-e", code];
      const { code: exit, output } = await run(command, { cwd: folder });
      assert.equal(exit, 1);
      assert.match(output, sentence);
    });
  }

  test("is told what to do by glam", async () => {
    const { code, output } = await run([await outdatedNode(), `${PACKAGE}/cli/mod.js`, "new", "orders"], {
      cwd: folder,
    });
    assert.equal(code, 1);
    assert.match(output, sentence);
  });
});
