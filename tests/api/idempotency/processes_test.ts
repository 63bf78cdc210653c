import assert from "node:assert/strict";
import { it } from "node:test";
import { idempotency } from "@glam/shared/api";
import { type RunningChild, startScript } from "../../_support/child_process.ts";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { post } from "../_support.ts";
import type { ChildOptions } from "./_child.ts";

const LEASE_MS = 2000;

async function openEffects(): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await db.sql`create table effects (id serial primary key, n int not null)`;
  await idempotency({ database: db }).ensureTable();
  return db;
}

async function effects({ sql }: TestDatabase): Promise<number[]> {
  return (await sql<{ n: number }>`select n from effects order by n`).map(({ n }) => n);
}

/** A process of the service, and its URL. */
async function startOrders({ url, schema }: TestDatabase): Promise<[RunningChild, string]> {
  const options: ChildOptions = { url, schema, leaseMs: LEASE_MS };
  const child = startScript(new URL("./_child.ts", import.meta.url), [JSON.stringify(options)]);
  const found = await child.reaches(() => /^listening on (\S+)$/m.exec(child.out())?.[1], "it listens");
  return [child, found!];
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly isReplayed: boolean;
}

async function place(url: string, n: number, headers: Record<string, string> = {}): Promise<Answered> {
  const response = await fetch(url, post({ n }, { "Idempotency-Key": `order-${n}`, ...headers }));
  const text = await response.text();
  return { status: response.status, text, isReplayed: response.headers.has("idempotent-replayed") };
}

it("of 50 requests with one key, sent at once to two processes, one has an effect", async () => {
  await using db = await openEffects();
  const [[one, first], [two, second]] = await Promise.all([startOrders(db), startOrders(db)]);
  await using _one = one;
  await using _two = two;
  for (const n of [1, 2, 3]) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => place(`${i % 2 === 0 ? first : second}/orders`, n)),
    );
    const done = answers.filter(({ status }) => status === 201);
    assert.equal(done.filter(({ isReplayed }) => !isReplayed).length, 1, "one is the first");
    assert.equal(new Set(done.map(({ text }) => text)).size, 1, "all get the same answer");
    const others = answers.filter(({ status }) => status !== 201);
    assert.deepEqual(
      others.filter(({ status, text }) => status !== 409 || !text.includes("IN_PROGRESS")),
      [],
    );
  }
  assert.deepEqual(await effects(db), [1, 2, 3]);
});

it("a process that is killed in the transaction has had no effect, and the next one does it", async () => {
  await using db = await openEffects();
  const [[dying, first], [living, second]] = await Promise.all([startOrders(db), startOrders(db)]);
  await using _dying = dying;
  await using _living = living;
  await assert.rejects(place(`${first}/orders`, 1, { Die: "effect" }));
  assert.equal(await dying.exited(), "SIGKILL");
  const answer = await waitFor(async () => {
    const answer = await place(`${second}/orders`, 1); // 409 until the server has noticed
    return answer.status === 201 && answer;
  }, "it is done");
  assert.equal(answer && answer.isReplayed, false);
  assert.deepEqual(await effects(db), [1]);
});

it("a process that is killed between commit and answer has done it once", async () => {
  await using db = await openEffects();
  const [[dying, first], [living, second]] = await Promise.all([startOrders(db), startOrders(db)]);
  await using _dying = dying;
  await using _living = living;
  await assert.rejects(place(`${first}/orders`, 1, { Die: "answer" }));
  assert.equal(await dying.exited(), "SIGKILL");
  const { status, isReplayed } = await place(`${second}/orders`, 1);
  assert.deepEqual([status, isReplayed], [201, true]);
  assert.deepEqual(await effects(db), [1]);
});

it("in the mode lock, a process that is killed leaves a lease, after which the handler runs again", async () => {
  await using db = await openEffects();
  const [[dying, first], [living, second]] = await Promise.all([startOrders(db), startOrders(db)]);
  await using _dying = dying;
  await using _living = living;
  await assert.rejects(place(`${first}/locked`, 1, { Die: "effect" }));
  assert.equal(await dying.exited(), "SIGKILL");
  const statuses = new Set<number>();
  await waitFor(async () => {
    const { status } = await place(`${second}/locked`, 1);
    statuses.add(status);
    return status === 201;
  }, "the lease has passed");
  assert.deepEqual([...statuses].filter((status) => status !== 409), [201]);
  assert.deepEqual(await effects(db), [1, 1], "at least once");
});
