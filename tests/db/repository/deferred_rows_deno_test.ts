import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deferredRows } from "../../../db/repository/_deferred_rows.ts";

describe("rows that are opened with the first of them", () => {
  function source(): { opened: number; closed: number; rows: AsyncGenerator<number, void, undefined> } {
    const seen = { opened: 0, closed: 0, rows: undefined as never };
    async function* numbers(): AsyncGenerator<number, void, undefined> {
      try {
        for (let i = 1; i <= 3; i++) yield i;
      } finally {
        seen.closed++;
      }
    }
    return Object.assign(seen, {
      rows: deferredRows(() => {
        seen.opened++;
        return Promise.resolve(numbers());
      }),
    });
  }

  it("come one after the other, also when several are asked for at once", async () => {
    const all = source();
    assert.deepEqual(await Array.fromAsync(all.rows), [1, 2, 3]);
    assert.deepEqual([all.opened, all.closed], [1, 1]);
    const { rows } = source();
    const results = await Promise.all([rows.next(), rows.next(), rows.next(), rows.next()]);
    assert.deepEqual(results.map(({ value }) => value), [1, 2, 3, undefined]);
  });

  it("are closed when the loop ends early, throws, or is disposed of", async () => {
    const broken = source();
    for await (const value of broken.rows) if (value === 2) break;
    const thrown = source();
    await assert.rejects(async () => {
      for await (const _ of thrown.rows) throw new Error("mine");
    }, /mine/);
    const disposed = source();
    {
      await using rows = disposed.rows;
      await rows.next();
    }
    assert.deepEqual([broken.closed, thrown.closed, disposed.closed], [1, 1, 1]);
  });

  it("are not opened when nobody asked before the end", async () => {
    const unasked = source();
    await unasked.rows.return();
    assert.deepEqual(await unasked.rows.next(), { done: true, value: undefined });
    await assert.rejects(unasked.rows.throw(new Error("mine")), /mine/);
    assert.equal(unasked.opened, 0);
  });
});
