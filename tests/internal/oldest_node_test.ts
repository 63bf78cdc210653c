import assert from "node:assert/strict";
import { test } from "node:test";
import { requireNode } from "../../internal/oldest_node.ts";

for (const version of ["22.12.0", "22.13.1", "24.0.0", "26.1.0-nightly"]) {
  test(`Node ${version} is new enough`, () => requireNode(version));
}

for (const version of ["22.11.0", "20.20.2", "18.0.0", "21.99.0"]) {
  test(`Node ${version} is too old, and the error says what to do`, () => {
    assert.throws(() => requireNode(version), {
      message: `@glam/shared runs on Node 22.12 or newer, and this is Node ${version}: ` +
        "install a newer one from https://nodejs.org",
    });
  });
}
