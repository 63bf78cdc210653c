import assert from "node:assert/strict";
import { it } from "node:test";
import { RANGES, VERSION } from "../../cli/templates/versions.ts";
import { npmImports, project } from "../../scripts/_project.ts";
import { PGLITE_PACKAGES } from "../../testing/_pglite_versions.ts";

it("the version and the ranges that a new service asks for are those of this package", () => {
  assert.equal(VERSION, project.version);
  const own = new Map(npmImports().map(({ name, range }) => [name, range]));
  for (const [name, range] of Object.entries(RANGES)) assert.equal(range, own.get(name), name);
});

it("the versions of PGlite that embeddedPostgres tells one to install are those of this package", () => {
  const own = npmImports().filter(({ name }) => name.startsWith("@electric-sql/"));
  assert.deepEqual(own.map(({ name, range }) => `${name}@${range}`), PGLITE_PACKAGES);
});
