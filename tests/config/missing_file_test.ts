import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import { loadWithWarnings, toLine } from "./_support.ts";

const schema = z.looseObject({ a: z.int().default(1) });

async function warnings(
  files: Record<string, string>,
  options: { service?: string; env?: Record<string, string> } = {},
) {
  return (await loadWithWarnings(files, { schema, ...options })).warnings.map(toLine);
}

describe("a service without a file", () => {
  test("is warned of where others have one, with the nearest name", async () => {
    assert.deepEqual(await warnings({ "catalog.yml": "a: 1", "orders.yml": "a: 1" }, { service: "catlog" }), [
      ' | config/services/catlog.yml | there is no such file; did you mean the service "catalog"?',
    ]);
    assert.deepEqual(
      await warnings({ "catalog.prod.yml": "a: 1", "catalog.yml": "a: 1" }, { service: "catlog" }),
      [
        ' | config/services/catlog.yml | there is no such file; did you mean the service "catalog"?',
      ],
    );
    assert.deepEqual(await warnings({ "orders.yml": "a: 1" }), [
      " | config/services/catalog.yml | there is no such file; other services have one; without it only defaults " +
      "and other sources apply",
    ]);
  });

  test("is fine where no service has one, or it has one for the environment", async () => {
    assert.deepEqual(await warnings({ "config/shared.yml": "a: 1" }), []);
    assert.deepEqual(await warnings({ "catalog.dev.yml": "a: 1", "orders.yml": "a: 1" }), []);
    assert.deepEqual(await warnings({ "catalog.yml": "a: 1", "orders.yml": "a: 1" }), []);
  });
});

describe("an environment without a file", () => {
  test("is warned of where its name is nearly that of another", async () => {
    const files = { "catalog.yml": "a: 1", "catalog.prod.yml": "a: 2" };
    assert.deepEqual(await warnings(files, { env: { APP_ENV: "prd" } }), [
      " | config/services/catalog.prd.yml | there is no file for APP_ENV=prd; did you mean APP_ENV=prod?",
    ]);
    assert.deepEqual(await warnings(files, { env: { APP_ENV: "test" } }), []);
    assert.deepEqual(await warnings(files), []);
  });
});
