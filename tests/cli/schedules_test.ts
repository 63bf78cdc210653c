import { createScheduler, defineSchedule, type Scheduler } from "@glam/shared/schedule";
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { recordingLogger } from "../_support/recording_logger.ts";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";
import { glam } from "./_glam.ts";

describe("glam schedules", () => {
  let db: TestDatabase;
  let scheduler: Scheduler;
  before(async () => {
    db = await createTestDatabase();
    scheduler = createScheduler(db, {
      pollMs: 50,
      logger: recordingLogger().logger,
      jobs: [
        defineSchedule("nightly", { cron: "30 2 * * *", timeZone: "Europe/Berlin", run() {} }),
        defineSchedule("broken", {
          everyMs: 31_536_000_000,
          run() {
            throw new TypeError("the shop is closed");
          },
        }),
      ],
    });
    await scheduler.ensureTable();
    await scheduler.start();
  });
  after(async () => {
    await scheduler.stop();
    await db[Symbol.asyncDispose]();
  });

  const call = (...args: string[]) =>
    glam(["schedules", ...args, "--schema", db.schema], { env: { DATABASE_URL: db.url } });

  it("lists them with their next and last tick", async () => {
    const { code, out, errors } = await call("list");
    assert.equal(code, 0, errors);
    assert.match(out, /^schedule +when +state +next +last +outcome\nbroken +every 31536000 s +active +20/);
    assert.match(out, /^nightly +30 2 \* \* \* Europe\/Berlin +active +20\d\d-\d\d-\d\dT0[01]:30:00Z$/m);
    const [, nightly] = JSON.parse((await call("list", "--json")).out);
    assert.deepEqual([nightly.name, nightly.time_zone, nightly.lag_seconds, nightly.runs], [
      "nightly",
      "Europe/Berlin",
      0,
      [],
    ]);
  });

  it("runs one now, and fails where it fails", async () => {
    const good = await call("run", "nightly");
    assert.equal(good.code, 0, good.errors);
    assert.match(good.out, /^"nightly" succeeded after \d+ ms\n$/);
    assert.equal(good.errors, 'Waiting for a process that has "nightly" ...\n');
    const bad = await call("run", "broken", "--json");
    assert.equal(bad.code, 1);
    assert.deepEqual(
      (({ outcome, error }) => ({ outcome, error }))(JSON.parse(bad.out)),
      { outcome: "failed", error: "TypeError: the shop is closed" },
    );
    assert.match((await call("list")).out, /^broken .* failed: TypeError: the shop is closed$/m);
    assert.match((await call("run", "nightly", "--no-wait")).out, /^"nightly" begins when a process of its/);
  });

  it("pauses and resumes one, and knows when there is none of that name", async () => {
    assert.equal((await call("pause", "nightly")).out, '"nightly" is paused\n');
    assert.equal((await call("pause", "nightly")).out, '"nightly" was paused\n');
    assert.match((await call("list")).out, /^nightly .* paused {2}/m);
    assert.deepEqual(JSON.parse((await call("resume", "nightly", "--json")).out), { changed: true });
    assert.equal((await call("resume", "nightly")).out, '"nightly" was not paused\n');
    const unknown = await call("pause", "nigthly");
    assert.equal(unknown.code, 1);
    assert.match(unknown.errors, /There is no schedule "nigthly"/);
  });

  it("says what to do where there is no table", async () => {
    const { code, errors } = await call("list", "--table", "nowhere");
    assert.equal(code, 1);
    assert.match(errors, /^glam: Cannot find the table of schedules "nowhere" in the database: migrate it/);
  });
});
