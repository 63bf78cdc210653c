import assert from "node:assert/strict";
import { it } from "node:test";
import { type Database, defineTable, Repository } from "@glam/shared/db";
import { ContractError, ValidationError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

const Times = defineTable("times", {
  columns: z.object({
    id: z.int32(),
    at: z.iso.datetime(),
    local: z.iso.datetime({ local: true }).nullish(),
    day: z.iso.date(),
    at_date: z.date(),
    local_date: z.date().nullish(),
    day_date: z.date(),
    milli: z.iso.datetime({ precision: 3 }),
  }),
  columnTypes: { local: "timestamp", local_date: "timestamp", day_date: "date" },
  indexes: [["at", "id"]],
});

const DAYS = ["-infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01", "0099-12-31", "2026-02-28"];
const LATER = ["9999-12-31", "10000-01-01", "200000-06-15", "infinity"];

/** Rows with these days, each with a microsecond at its end. */
async function fill(db: Database): Promise<void> {
  for (const [id, day] of [...DAYS, ...LATER].entries()) {
    const at = /infinity/.test(day) ? day : day.replace(/(?= BC)|$/, " 23:59:59.123456");
    const milli = /infinity/.test(day) ? day : day.replace(/(?= BC)|$/, " 23:59:59.25");
    await db.sql`
      insert into times (id, at, local, day, at_date, local_date, day_date, milli)
      values (${id}, ${`${at}`}::text::timestamp at time zone 'UTC', ${at}::text::timestamp, ${day}::text::date,
        ${at}::text::timestamp at time zone 'UTC', ${at}::text::timestamp, ${day}::text::date,
        ${milli}::text::timestamp at time zone 'UTC')`;
  }
}

/** What is stored, without what a Date cannot hold. */
async function stored(db: Database): Promise<unknown[]> {
  return Array.from(
    await db.sql`
      select id, at::text, local::text, day::text, date_trunc('milliseconds', at_date)::text as at_date,
        date_trunc('milliseconds', local_date)::text as local_date, day_date::text, milli::text
      from times order by id`,
  );
}

async function times(timeZone: string) {
  const db = await createTestDatabase({ poolSize: 1 });
  await db.sql.unsafe(`set time zone '${timeZone}'`);
  await createTables(db, Times);
  return { db, times: new Repository(db, Times) };
}

for (const timeZone of ["UTC", "Asia/Kolkata", "America/New_York"]) {
  it(`what was read of instants and dates can be written back unchanged, in a session of ${timeZone}`, async () => {
    const { db, times: repository } = await times(timeZone);
    await using _ = db;
    await fill(db);
    const before = await stored(db);
    const rows = await repository.findAll();
    assert.equal(rows.some((row) => Object.values(row).includes(null)), false);
    for (const { id, ...row } of rows) await repository.update(id, row);
    assert.deepEqual(await stored(db), before);
    await repository.upsert(rows);
    assert.deepEqual(await stored(db), before);
    await repository.delete({});
    await repository.saveMany(rows);
    assert.deepEqual(await stored(db), before);
    await repository.delete({});
    for (const row of rows) assert.deepEqual(await repository.save(row), row);
    assert.deepEqual(await stored(db), before);
    for (const row of rows) {
      const { id, at, local, day, at_date } = row;
      const found = await repository.findAll({ at, local: local!, day, milli: { lte: row.milli } });
      assert.deepEqual(found.map((row) => row.id), [id]);
      assert.equal(await repository.exists({ id, at_date }), true);
    }
  });
}

it("instants are ISO 8601 in UTC, with the digits that the schema asks for, and what that has not is as Postgres has it", async () => {
  const { db, times: repository } = await times("Asia/Kolkata");
  await using _ = db;
  await fill(db);
  const rows = await repository.findAll();
  assert.deepEqual(rows.map(({ at }) => at), [
    "-infinity",
    "4713-01-01T23:59:59.123456Z BC",
    "0044-03-15T23:59:59.123456Z BC",
    "0001-01-01T23:59:59.123456Z",
    "0099-12-31T23:59:59.123456Z",
    "2026-02-28T23:59:59.123456Z",
    "9999-12-31T23:59:59.123456Z",
    "10000-01-01T23:59:59.123456Z",
    "200000-06-15T23:59:59.123456Z",
    "infinity",
  ]);
  assert.equal(rows[5]!.local, "2026-02-28T23:59:59.123456");
  assert.equal(rows[5]!.milli, "2026-02-28T23:59:59.250Z");
  assert.equal(rows[4]!.at_date.toISOString(), "0099-12-31T23:59:59.123Z");
  assert.equal(rows[2]!.local_date!.toISOString(), "-000043-03-15T23:59:59.123Z");
  assert.equal(rows[9]!.day_date.getTime(), 8.64e15);
  assert.equal(rows[0]!.at_date.getTime(), -8.64e15);
});

it("pages over infinities and distant years are complete and in the order of time, there and back", async () => {
  const { db, times: repository } = await times("America/New_York");
  await using _ = db;
  await fill(db);
  for (const column of ["at", "local", "day", "at_date", "local_date", "day_date"] as const) {
    for (const direction of ["asc", "desc"] as const) {
      const orderBy = { column, direction };
      const wanted = [...DAYS, ...LATER].map((_, id) => id);
      if (direction === "desc") wanted.reverse();
      assert.deepEqual((await repository.findAll({}, { orderBy })).map(({ id }) => id), wanted);
      const streamed = await Array.fromAsync(repository.stream({}, { orderBy, batchSize: 3 }));
      assert.deepEqual(streamed.map(({ id }) => id), wanted);
      for (const limit of [1, 3]) {
        const seen: number[] = [];
        let page = await repository.findAfter({}, { orderBy, limit });
        seen.push(...page.items.map(({ id }) => id));
        while (page.next !== undefined) {
          page = await repository.findAfter({}, { orderBy, limit, after: page.next });
          seen.push(...page.items.map(({ id }) => id));
        }
        assert.deepEqual(seen, wanted, `${column} ${direction}`);
        const back: number[] = page.items.map(({ id }) => id);
        while (page.previous !== undefined) {
          page = await repository.findAfter({}, { orderBy, limit, after: page.previous });
          back.unshift(...page.items.map(({ id }) => id));
        }
        assert.deepEqual(back, wanted, `${column} ${direction}`);
      }
    }
  }
});

it("an infinity is the service's to write: a client keeps to the schema, and no other text passes", async () => {
  const { db, times: repository } = await times("UTC");
  await using _ = db;
  await fill(db);
  assert.equal((await repository.update(5, { at: "infinity", day: "-infinity" })).at, "infinity");
  for (const at of ["infinity", "0044-03-15T00:00:00Z BC"]) {
    await assert.rejects(repository.update(5, { at }, { from: "client" }), ValidationError);
  }
  for (const at of ["Infinity", "yesterday", "now BC", "10000-01-01; BC", "99999-aa", ""]) {
    await assert.rejects(
      repository.update(5, { at }),
      (error: Error) => error instanceof ContractError && /at: Invalid ISO datetime/.test(error.message),
    );
  }
});

it("a list ordered by an instant that is read as a text is read from the index of its column", async () => {
  const { db, times: repository } = await times("UTC");
  await using _ = db;
  await db.sql`
    insert into times (id, at, day, at_date, day_date, milli)
    select n, now() - n * interval '1 minute', now(), now(), now(), now() from generate_series(1, 2000) as n`;
  await db.sql`analyze times`;
  const sql = new Proxy(db.sql, {
    apply(target, self, [strings, ...values]: [readonly string[], ...unknown[]]) {
      const text = [`explain (costs off) ${strings[0]}`, ...strings.slice(1)];
      return Reflect.apply(target as never, self, [Object.assign(text, { raw: text }), ...values]);
    },
  });
  const explaining = new Repository({ ...db, sql }, Times);
  const plan = await explaining.findAll({}, { orderBy: { column: "at" }, limit: 5 });
  assert.match(JSON.stringify(plan), /Index Scan using ix_times_at/);
  assert.equal((await repository.findAll({}, { limit: 1 })).length, 1);
});

it("a text of an instant or a date that a row leaves out is null, or the default of its schema or column", async () => {
  const at = "2026-02-28T12:00:00.000000Z";
  const Visits = defineTable("visits", {
    columns: z.object({
      id: z.int32(),
      nullish: z.iso.datetime().nullish(),
      optional: z.iso.datetime().optional(),
      day: z.iso.date().nullish(),
      defaulted: z.iso.datetime().default(at),
      both: z.iso.datetime().default(at).optional(),
      fallback: z.iso.datetime().prefault(at),
      column: z.iso.datetime(),
      needed: z.iso.datetime().nullable(),
    }),
    defaults: { column: "'2020-01-01T00:00:00.000000Z'" },
  });
  await using db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Visits);
  const visits = new Repository(db, Visits);
  const stored = await Promise.all([
    visits.save({ id: 1, needed: null }),
    visits.save({ id: 2, needed: null }, { from: "client" }),
    visits.upsert({ id: 3, needed: null, nullish: undefined, defaulted: undefined, both: undefined }),
    visits.saveMany([{ id: 4, needed: null }]).then(() => visits.findById(4)),
  ]);
  const filled = { defaulted: at, both: at, fallback: at, column: "2020-01-01T00:00:00.000000Z" };
  const wanted = { nullish: null, optional: null, day: null, needed: null, ...filled };
  assert.deepEqual(stored, [1, 2, 3, 4].map((id) => ({ id, ...wanted })));
  await assert.rejects(
    visits.save({ id: 5 } as never),
    (error: Error) =>
      error instanceof ContractError && /needed: Invalid input: expected string/.test(error.message),
  );
});
