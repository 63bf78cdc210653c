import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createDenoConsumer } from "../../scripts/_consumer.ts";
import { entryPoints, project, root } from "../../scripts/_project.ts";
import { run, runOrThrow } from "../../scripts/_run.ts";

describe("the package for JSR", () => {
  const specifiers = entryPoints().map((entry) => entry.specifier);
  const deno = Deno.execPath();
  let folder: string;
  before(async () => {
    folder = await createDenoConsumer("jsr");
    const imports = specifiers.map((specifier, i) => `import * as e${i} from "${specifier}";\n`).join("");
    const names = specifiers.map((specifier, i) => `"${specifier}": Object.keys(e${i})`).join(",\n");
    await Deno.writeTextFile(`${folder}/names.ts`, `${imports}console.log(JSON.stringify({${names}}));\n`);
  });

  test("exports what the sources export, with types", async () => {
    const { output } = await runOrThrow([deno, "run", "-A", "--check", "--quiet", "names.ts"], {
      cwd: folder,
    });
    const expected: Record<string, string[]> = {};
    for (const specifier of specifiers) expected[specifier] = Object.keys(await import(specifier));
    assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1)!), expected);
  });

  test("has the types of the sources", async () => {
    const wrong = `import { success } from "${project.name}/api";\nsuccess("no context", 7);\n`;
    await Deno.writeTextFile(`${folder}/wrong.ts`, wrong);
    const { code, output } = await run([deno, "check", "--quiet", "wrong.ts"], { cwd: folder });
    assert.notEqual(code, 0);
    assert.match(output, /'string' is not assignable to parameter of type 'ContextLike'/);
  });

  test("loads one module an area, one more for what its functions import, and one for the command line", async () => {
    const { output } = await runOrThrow([deno, "info", "--json", "package/mod.js"], { cwd: folder });
    const { modules } = JSON.parse(output) as { modules: { specifier: string }[] };
    const paths = modules.map(({ specifier }) => specifier.split("/package/")[1])
      .filter((path) => path?.endsWith(".js"));
    const areas = new Set(paths.map((path) => path!.split("/")[0]));
    for (const area of areas) {
      const own = paths.filter((path) => path!.startsWith(`${area}/`) && path !== "db/_command_line.js");
      assert.ok(own.length <= 2, `${area} has ${own.join(", ")}`);
    }
    assert.ok(areas.has("messaging") && areas.has("db"), [...areas].join());
  });

  test("answers over a socket as the sources do", async () => {
    const { imports } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`)) as {
      imports: Record<string, string>;
    };
    const config = `${folder}/tests.json`;
    await Deno.writeTextFile(config, JSON.stringify({ imports: { ...project.imports, ...imports } }));
    const args = [
      "--quiet",
      "--no-check",
      "--no-lock",
      "--allow-all",
      "--config",
      config,
      "tests/api/served_test.ts",
    ];
    const { code, output } = await run([deno, "test", ...args], { cwd: root });
    assert.equal(code, 0, output);
    assert.match(output, /ok \| \d+ passed/);
  });
});
