import assert from "node:assert/strict";
import { it } from "node:test";
import { development, entryPoints, npmImports, project, readLock } from "../../scripts/_project.ts";

it("deno.dev.json has what deno.json imports, the entry points, and the same compiler options", () => {
  for (const [name, target] of Object.entries(project.imports)) {
    assert.equal(development.imports[name], target, name);
  }
  for (const { specifier, path } of entryPoints()) {
    assert.equal(development.imports[specifier], `./${path}`, specifier);
  }
  assert.deepEqual(development.compilerOptions, project.compilerOptions);
});

it("deno.dev.lock has the versions of deno.lock", () => {
  const tested = readLock("deno.dev.lock");
  for (const [name, { version }] of readLock("deno.lock")) {
    assert.equal(tested.get(name)?.version, version, `${name}: deno install --config deno.dev.json`);
  }
});

it("deno.lock has nothing but what deno.json imports, because `deno task start` downloads all of it", () => {
  const imported = new Set(npmImports().map(({ name }) => name));
  const others = [...readLock("deno.lock").keys()].filter((name) => !imported.has(name));
  assert.deepEqual(others, [], "restore deno.lock, and run what imports them with --config deno.dev.json");
});
