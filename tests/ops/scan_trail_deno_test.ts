// The scan itself, which the package keeps private: windows, order and positions. Deno only, from the source.
import assert from "node:assert/strict";
import { it } from "node:test";
import { createManualClock, createMemoryBus, ensureStreams } from "@glam/shared/messaging";
import { scanTrail, type TrailStep } from "../../ops/trail/scan_trail.ts";

/** A bus whose messages are a second apart: of three, two are in the trail, and one of those is a dead letter. */
async function interleavedBus() {
  const clock = createManualClock(1_000_000);
  const bus = createMemoryBus({ clock });
  await ensureStreams(bus);
  for (let n = 0; n < 30; n++) {
    await clock.advance(1000);
    const data = JSON.stringify({ correlation_id: n % 3 === 0 ? "corr_other" : "corr_a", data: { n } });
    await bus.publish({ subject: n % 3 === 2 ? "dlq.evt.order.placed.v1" : "evt.order.placed.v1", data });
  }
  return bus;
}

async function scan(...args: Parameters<typeof scanTrail>): Promise<TrailStep[]> {
  const steps: TrailStep[] = [];
  for await (const step of scanTrail(...args)) steps.push(step);
  return steps;
}

const timesOf = (steps: readonly TrailStep[]) =>
  steps.flatMap(({ found }) => found).map(({ timeNanos }) => Number(timeNanos / 1_000_000_000n));

const EXPECTED = Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== 0).map((n) => 1001 + n)
  .reverse();

it("a scan in small windows gives all in the order of time across streams, with a growing share", async () => {
  await using bus = await interleavedBus();
  for (const window of [1, 3, 7, 50_000]) {
    const steps = await scan(bus, "corr_a", { window });
    assert.deepEqual(timesOf(steps), EXPECTED, `window ${window}`);
    const shares = steps.map(({ share }) => share);
    assert.deepEqual(shares, shares.toSorted((one, other) => one - other));
    assert.equal(shares.at(-1), 1);
    assert.equal(steps.at(-1)!.next, undefined);
    if (window === 3) assert.ok(steps.length > 8);
  }
});

it("a scan that was left goes on from any of its steps: nothing is missing, and nothing comes twice", async () => {
  await using bus = await interleavedBus();
  for (const count of [2, 3, 4, 5, 6]) {
    const first: TrailStep[] = [];
    for await (const step of scanTrail(bus, "corr_a", { window: 3 })) {
      first.push(step);
      if (first.length === count) break;
    }
    const rest = await scan(bus, "corr_a", { window: 3, from: first.at(-1)!.next });
    assert.deepEqual([...timesOf(first), ...timesOf(rest)], EXPECTED);
  }
});

it("a scan whose time is over shows what it has, and where to go on", async () => {
  await using bus = await interleavedBus();
  const steps = await scan(bus, "corr_a", { window: 3, timeoutMs: 0 });
  const { next, share } = steps.at(-1)!;
  if (next === undefined) return assert.equal(share, 1); // it was faster than no time
  const rest = await scan(bus, "corr_a", { window: 3, from: next });
  assert.deepEqual([...new Set([...timesOf(steps), ...timesOf(rest)])].toSorted(), EXPECTED.toSorted());
});

it("a scan between two times reads nothing else", async () => {
  await using bus = await interleavedBus();
  const times = { since: new Date(1_010_000), until: new Date(1_020_000) };
  assert.deepEqual(
    timesOf(await scan(bus, "corr_a", times)),
    EXPECTED.filter((at) => at >= 1010 && at < 1020),
  );
});

it("a scan that finds a whole import keeps few of its messages at a time, and gives all in their order", async () => {
  await using bus = createMemoryBus();
  await ensureStreams(bus);
  const total = 3000;
  for (let n = 0; n < total; n++) {
    // What comes before, beside and after it is not of it.
    const id = n % 1000 < 100 ? "corr_other" : "corr_a";
    await bus.publish({ subject: "evt.order.placed.v1", data: `{"correlation_id":"${id}"}` });
  }
  const large = "x".repeat(1_000_000);
  for (let n = 0; n < 12; n++) {
    const data = JSON.stringify({ correlation_id: "corr_a", data: large });
    await bus.publish({ subject: "cmd.order.import.v1", data });
  }
  const steps = await scan(bus, "corr_a");
  const sequences = steps.flatMap(({ found }) => found).map(({ sequence }) => sequence);
  assert.equal(sequences.length, total * 0.9 + 12);
  assert.deepEqual(sequences, sequences.toSorted((one, other) => other - one));
  for (const { found } of steps) {
    assert.ok(found.length <= 500, `${found.length} messages`);
    const bytes = found.reduce((sum, { data }) => sum + data.length, 0);
    assert.ok(bytes <= 8 * 1024 * 1024, `${bytes} bytes`);
  }
});
