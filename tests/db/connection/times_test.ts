import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { connectDatabase, type DatabaseOptions } from "@glam/shared/db";
import { startScript } from "../../_support/child_process.ts";
import { startPgBouncer } from "../../_support/pgbouncer.ts";
import { createTestDatabase, sharedPostgres } from "../../_support/postgres.ts";

/** A database whose sessions are in Tokyo and print dates as few other programs do. */
async function inTokyo() {
  const admin = await createTestDatabase({ poolSize: 1 });
  const name = `tokyo_${admin.schema}`;
  await admin.sql.unsafe(`create database ${name}`);
  await admin.sql.unsafe(`alter database ${name} set timezone = 'Asia/Tokyo'`);
  await admin.sql.unsafe(`alter database ${name} set datestyle = 'SQL, DMY'`);
  const url = new URL(await sharedPostgres());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await admin.sql.unsafe(`drop database ${name} with (force)`);
      await admin[Symbol.asyncDispose]();
    },
  };
}

async function timesIn(zone: string, options: DatabaseOptions) {
  const script = new URL("./_times_child.ts", import.meta.url);
  const child = startScript(script, [JSON.stringify(options)], { env: { ...process.env, TZ: zone } });
  const { code, out, errors } = await child.ended();
  assert.equal(code, 0, errors);
  return JSON.parse(out);
}

for (const pooler of [false, true]) {
  it(`times are UTC in both directions ${pooler ? "behind PgBouncer" : "on a connection"}, whatever process and server are set to`, async () => {
    await using database = await inTokyo();
    await using bouncer = pooler ? await startPgBouncer(database.url) : undefined;
    const times = await timesIn("Asia/Kolkata", { url: bouncer?.url ?? database.url, pooler });
    assert.deepEqual(times, {
      zone: "UTC",
      offset: -330,
      saved: "2024-07-01T12:00:00.123Z",
      hoursOff: 0,
      text: {
        at: "2024-07-01 12:00:00.123",
        day: "2024-07-01",
        zoned: "2024-07-01 12:00:00.123456+00",
        list: '{"2024-07-01 12:00:00"}',
      },
      read: {
        at: "2024-07-01T12:00:00.123Z",
        list: ["2024-07-01T12:00:00.000Z"],
        day: "2024-07-01T00:00:00.000Z",
        zoned: "2024-07-01T12:00:00.123Z",
      },
      exact: "2024-07-01 12:00:00.123456",
      far: ["+012024-07-01T12:00:00.000Z", "-000043-03-15T12:00:00.000Z"],
    });
  });
}

it("`timeZone` leaves the server its own zone, and is checked", async () => {
  await using database = await inTokyo();
  await using db = await connectDatabase({ url: database.url, timeZone: "server", poolSize: 1 });
  const [row] = await db.sql`select current_setting('TimeZone') as zone, timestamp '2024-07-01 12:00' as at`;
  assert.deepEqual({ ...row }, { zone: "Asia/Tokyo", at: new Date("2024-07-01T12:00:00Z") });
  await assert.rejects(
    connectDatabase({ url: database.url, timeZone: "Asia/Tokyo" as never }),
    /^TypeError: Expected `timeZone` to be "UTC" or "server", got "Asia\/Tokyo"$/,
  );
});
