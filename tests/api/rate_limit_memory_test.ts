import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryRateLimitStore, type RateLimitQuota } from "@glam/shared/api";
import * as fc from "fast-check";
import { byExtent } from "../_support/extent.ts";

const quota = (limit: number, windowSeconds: number, cost = 1, policy = "p"): RateLimitQuota => ({
  policy,
  limit,
  windowSeconds,
  cost,
});

describe("the memory store", () => {
  it("keeps a bounded number of keys of a million, without a timer", () => {
    const { setTimeout, setInterval } = globalThis;
    const forbidden = () => assert.fail("a timer was started");
    Object.assign(globalThis, { setTimeout: forbidden, setInterval: forbidden });
    try {
      const keys = byExtent({ whole: 1_000_000, short: 50_000 });
      const store = createMemoryRateLimitStore({ maxKeys: 1000 });
      const quotas = [quota(10, 60)];
      let most = 0;
      for (let i = 0; i < keys; i++) {
        store.take(String(i), quotas);
        if (store.size > most) most = store.size;
      }
      assert.ok(most <= 1000, String(most));
      assert.ok(store.size >= 500);
    } finally {
      Object.assign(globalThis, { setTimeout, setInterval });
    }
  });

  it("keeps the keys that are in use when many others come", () => {
    const store = createMemoryRateLimitStore({ maxKeys: 100, now: () => 0 });
    const quotas = [quota(3, 60)];
    const passed = [];
    for (let i = 0; i < 1000; i++) {
      if (i % 20 === 0) passed.push(store.take("busy", quotas).passed);
      store.take(String(i), quotas);
    }
    assert.deepEqual(passed.slice(0, 4), [true, true, true, false]);
    assert.ok(passed.slice(3).every((each) => !each));
  });

  it("forgets keys whose quotas are whole when it is cleaned up, and no others", () => {
    let now = 0;
    const store = createMemoryRateLimitStore({ now: () => now });
    store.take("short", [quota(1, 1)]);
    store.take("long", [quota(1, 60)]);
    now = 2000;
    assert.equal(store.cleanUp(), 1);
    assert.equal(store.size, 1);
    assert.equal(store.take("long", [quota(1, 60)]).passed, false);
    assert.equal(store.take("short", [quota(1, 1)]).passed, true);
  });

  it("takes names of policies that objects have members of", () => {
    const store = createMemoryRateLimitStore();
    const quotas = [quota(1, 60, 1, "constructor"), quota(1, 60, 1, "toString")];
    assert.deepEqual([store.take("a", quotas).passed, store.take("a", quotas).passed], [true, false]);
  });

  it("passes exactly the limit at once, whatever the time of the clock, and all or nothing of several", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 0, max: 2 ** 33 }),
      fc.integer({ min: 1, max: 5000 }),
      (limit, windowSeconds, at, other) => {
        const store = createMemoryRateLimitStore({ now: () => at });
        const quotas = [quota(limit, windowSeconds), quota(other, windowSeconds, 1, "q")];
        const least = Math.min(limit, other);
        let passed = 0;
        for (let i = 0; i < least + 5; i++) if (store.take("a", quotas).passed) passed++;
        const { quotas: [left] } = store.take("a", [quota(limit, windowSeconds, limit)]);
        return passed === least && left!.remaining === limit - least;
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("refuses a number of keys that is none", () => {
    assert.throws(() => createMemoryRateLimitStore({ maxKeys: 1 }), {
      name: "RangeError",
      message: "Expected `maxKeys` to be a whole number from 2, got 1",
    });
  });
});
