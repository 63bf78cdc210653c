import assert from "node:assert/strict";
import { test } from "node:test";
import { deepMerge, flattenConfig } from "@glam/shared/config";

test("deepMerge merges maps at every depth and replaces everything else", () => {
  const base = { a: 1, map: { x: 1, deep: { y: 2 } }, list: [1, 2], gone: { z: 1 }, made: 1 };
  const override = { map: { deep: { z: 3 } }, list: [3], gone: null, made: { a: 1 }, more: 0 };
  assert.deepEqual(deepMerge(base, override), {
    a: 1,
    map: { x: 1, deep: { y: 2, z: 3 } },
    list: [3],
    gone: null,
    made: { a: 1 },
    more: 0,
  });
});

test("deepMerge changes neither, and shares no map with them", () => {
  const base = { map: { x: 1 }, own: { a: 1 } };
  const override = { map: { y: 2 }, other: { b: 1 } };
  const before = structuredClone([base, override]);
  const merged = deepMerge(base, override) as Record<string, Record<string, unknown>>;
  for (const key of ["map", "own", "other"]) merged[key]!["changed"] = true;
  assert.deepEqual([base, override], before);
});

test("deepMerge takes undefined for a value that is not given, and instances as they are", () => {
  const date = new Date(0);
  assert.deepEqual(deepMerge({ a: 1, b: { c: 1 } }, { a: undefined, b: date }), { a: 1, b: date });
});

test("deepMerge reaches no prototype", () => {
  const evil = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
  const merged = deepMerge(deepMerge({ a: 1 }, evil), evil);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  assert.deepEqual(Object.keys(merged), ["a", "constructor"]);
  assert.equal((merged as { polluted?: unknown }).polluted, undefined);
  assert.deepEqual(deepMerge(Object.create(null), { toString: { a: 1 } }), { toString: { a: 1 } });
});

test("flattenConfig gives every value by its path, lists whole, as in Python", () => {
  const config = { database: { host: "h", pool: { size: 5 } }, tags: ["a"], empty: {}, none: null };
  assert.deepEqual(flattenConfig(config), {
    "database.host": "h",
    "database.pool.size": 5,
    tags: ["a"],
    none: null,
  });
  assert.deepEqual(flattenConfig(config, { separator: "__", prefix: "app" }), {
    app__database__host: "h",
    app__database__pool__size: 5,
    app__tags: ["a"],
    app__none: null,
  });
});

test("flattenConfig makes no prototype of a key", () => {
  const flat = flattenConfig(JSON.parse('{"__proto__": {"a": 1}}'));
  assert.deepEqual(Object.keys(flat), ["__proto__.a"]);
});
