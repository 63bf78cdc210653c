// A program of its own for times_test.ts: writes and reads times in the time zone that TZ names, and prints them as JSON.
import { connectDatabase, defineTable, Repository, timestamps } from "@glam/shared/db";
import process from "node:process";
import * as z from "zod";
import { PATIENT } from "../../_support/postgres.ts";

const NOON = new Date("2024-07-01T12:00:00.123Z");

const Times = defineTable("times", {
  columns: z.object({ id: z.int32(), at: z.date(), list: z.array(z.date()) }),
  columnTypes: { at: "timestamp", list: "timestamp[]" },
  primaryKey: "id",
  ...timestamps,
});

await using db = await connectDatabase({ ...PATIENT, poolSize: 1, ...JSON.parse(process.argv[2]!) });
const { sql } = db;
await sql`drop table if exists times`;
await sql`create table times (id int primary key, at timestamp, list timestamp[], day date, zoned timestamptz,
  created_at timestamp not null default now(), updated_at timestamp not null default now())`;
const rows = new Repository(db, Times);
const saved = await rows.save({ id: 1, at: NOON, list: [] });
// What a service does that writes a whole row back.
await rows.update(1, { at: (await rows.findById(1))!.at });
await sql`update times set day = ${NOON}, zoned = ${"2024-07-01 12:00:00.123456"}, list = ${[
  "2024-07-01 12:00:00",
]}::timestamp[]`;
const [text] = await sql`select at::text, day::text, zoned::text, list::text from times`;
const [read] = await sql`select at, list, day, zoned from times`;
await sql`insert into times (id, at) values (2, ${"2024-07-01 12:00:00.123456"})`;
const [exact] = await sql`select at::text from times where id = 2`;
const far =
  await sql`select t.at from (values (timestamp '12024-07-01 12:00:00'), ('0044-03-15 12:00:00 BC')) t (at)`;
const [zone] = await sql`select current_setting('TimeZone') as zone`;
await sql`drop table times`;
console.log(JSON.stringify({
  zone: zone?.["zone"],
  offset: NOON.getTimezoneOffset(),
  saved: saved.at,
  hoursOff: Math.round(Math.abs(saved.created_at.getTime() - Date.now()) / 3_600_000),
  text,
  read,
  exact: exact?.["at"],
  far: far.map(({ at }) => at),
}));
