import assert from "node:assert/strict";
import { it } from "node:test";
import { RANGES, VERSION } from "../../cli/templates/versions.ts";
import { npmImports, project } from "../../scripts/_project.ts";

it("the version and the ranges that a new service asks for are those of this package", () => {
  assert.equal(VERSION, project.version);
  const own = new Map(npmImports().map(({ name, range }) => [name, range]));
  for (const [name, range] of Object.entries(RANGES)) assert.equal(range, own.get(name), name);
});
