import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createConsumer, packedManifest, tarball } from "../../scripts/_consumer.ts";
import { entryPoints } from "../../scripts/_project.ts";
import { run } from "../../scripts/_run.ts";
import { node, tools } from "../../scripts/tools.ts";
import { compile } from "../_support/tsc.ts";

async function runTool(path: string, ...args: string[]): Promise<string> {
  const { code, output } = await run([await node(), `${await tools("package")}/${path}`, ...args]);
  return code === 0 ? "" : output || `exit code ${code}`;
}

describe("packed tarball", () => {
  test("has types that resolve for every kind of ESM consumer (attw)", async () => {
    const args = [await tarball(), "--profile", "esm-only", "--no-emoji", "--no-color"];
    assert.equal(await runTool("@arethetypeswrong/cli/dist/index.js", ...args), "");
  });

  test("has nothing that publint warns of", async () => {
    assert.equal(await runTool("publint/src/cli.js", "run", await tarball(), "--strict"), "");
  });

  test("pins its dependencies exactly and leaves Hono to the application", async () => {
    const { dependencies = {}, peerDependencies = {} } = await packedManifest();
    const ranges = Object.entries(dependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(ranges, []);
    assert.equal(dependencies["hono"], undefined);
    assert.match(peerDependencies["hono"] ?? "", /^>=4\.11/);
  });

  test("has a glam command exactly when there is a ./cli entry point", async () => {
    const { bin } = await packedManifest();
    assert.equal(bin !== undefined, entryPoints().some((entry) => entry.key === "./cli"));
  });
});

describe("every entry point", () => {
  const specifiers = entryPoints().map((entry) => entry.specifier);
  let folder: string;
  before(async () => {
    folder = await createConsumer("types");
    await Deno.writeTextFile(`${folder}/entries.ts`, allEntries(specifiers));
    await Deno.writeTextFile(
      `${folder}/entries.mjs`,
      allEntries(specifiers) + "console.log(entries.length);\n",
    );
  });

  for (const compiler of ["typescript", "typescript-floor"] as const) {
    for (const resolution of ["nodenext", "bundler"] as const) {
      test(`compiles in strict mode without @types/node (${compiler}, ${resolution})`, async () => {
        assert.equal(await compile(folder, "entries.ts", resolution, compiler), "");
      });
    }
  }

  test("is imported by Node", async () => {
    const { output } = await run([await node(), "entries.mjs"], { cwd: folder });
    assert.equal(output.trim(), String(specifiers.length));
  });
});

function allEntries(specifiers: readonly string[]): string {
  const imports = specifiers.map((specifier, index) => `import * as entry${index} from "${specifier}";\n`);
  const names = specifiers.map((_, index) => `entry${index}`);
  return `${imports.join("")}export const entries = [${names.join(", ")}];\n`;
}
