import assert from "node:assert/strict";
import { it } from "node:test";
import {
  type Database,
  defineTable,
  type Filter,
  type OrderBy,
  Repository,
  type RowOf,
} from "@glam/shared/db";
import { ValidationError } from "@glam/shared/errors";
import fc from "fast-check";
import * as z from "zod";
import { byExtent } from "../../_support/extent.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

const Events = defineTable("events", {
  columns: z.object({
    id: z.int32(),
    at: z.date().nullable(),
    big: z.bigint().nullable(),
    text: z.string().nullable(),
    amount: z.string(),
    flag: z.boolean(),
    day: z.iso.date().nullable(),
    real: z.float64(),
  }),
  columnTypes: { amount: "numeric" },
  indexes: [["at", "id"]],
});
type Event = RowOf<typeof Events>;

interface Raw {
  readonly at: string | null;
  readonly big: string | null;
  readonly text: string | null;
  readonly amount: string;
  readonly flag: boolean;
  readonly day: string | null;
  readonly real: number;
}

// Few values, so that most rows are ties; those of `at` differ by a microsecond, which a Date cannot tell.
const raw: fc.Arbitrary<Raw> = fc.record({
  at: fc.option(fc.integer({ min: 0, max: 3 }).map((n) => `2024-05-06T07:08:09.12345${n}Z`)),
  big: fc.option(fc.constantFrom("9007199254740992", "9007199254740993", "-9223372036854775808")),
  text: fc.option(fc.constantFrom("", "a", "B", 'q"\\,{}', "ä", "🦄")),
  amount: fc.constantFrom("0.1", "0.10000000000000000000000001", "-5", "NaN"),
  flag: fc.boolean(),
  day: fc.option(fc.constantFrom("2024-02-29", "1999-12-31")),
  real: fc.constantFrom(0.1, 0.30000000000000004, -1e300),
});

const order: fc.Arbitrary<OrderBy<Event>[]> = fc.uniqueArray(
  fc.record({
    column: fc.constantFrom("at", "big", "text", "amount", "flag", "day", "real", "id") as fc.Arbitrary<
      "at" | "big" | "text" | "id"
    >,
    direction: fc.constantFrom("asc", "desc") as fc.Arbitrary<"asc" | "desc">,
    nulls: fc.constantFrom(undefined, "first", "last") as fc.Arbitrary<"first" | "last" | undefined>,
  }),
  { selector: ({ column }) => column, maxLength: 4 },
);

async function fill(db: Database, rows: readonly Raw[]): Promise<void> {
  await db.sql`truncate events`;
  await db.sql`
    insert into events (id, at, big, text, amount, flag, day, real)
    select i - 1, at, big, text, amount, flag, day, real
    from rows from (json_to_recordset(${JSON.stringify(rows)}::text::json) as
      (at timestamptz, big bigint, text text, amount numeric, flag boolean, day date, real float8)
    ) with ordinality as r (at, big, text, amount, flag, day, real, i)`;
}

/** Follows `next` from the start, then `previous` back to it; gives the ids as they came. */
async function walk(events: Repository<typeof Events>, orderBy: OrderBy<Event>[], limit: number) {
  const forward: number[] = [];
  const backward: number[] = [];
  let page = await events.findAfter({}, { orderBy, limit });
  assert.equal(page.previous, undefined);
  forward.push(...page.items.map(({ id }) => id));
  while (page.next !== undefined) {
    page = await events.findAfter({}, { orderBy, limit, after: page.next });
    assert.notEqual(page.items.length, 0);
    assert.ok(forward.length < 100, "it goes in circles");
    forward.push(...page.items.map(({ id }) => id));
  }
  backward.unshift(...page.items.map(({ id }) => id));
  while (page.previous !== undefined) {
    page = await events.findAfter({}, { orderBy, limit, after: page.previous });
    assert.notEqual(page.items.length, 0);
    assert.ok(backward.length < 100, "it goes in circles");
    backward.unshift(...page.items.map(({ id }) => id));
  }
  return { forward, backward };
}

it("pages miss no row and repeat none, in any order, with ties, nulls and microseconds, there and back", async () => {
  await using db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Events);
  const events = new Repository(db, Events);
  await fc.assert(
    fc.asyncProperty(
      fc.array(raw, { maxLength: 24 }),
      order,
      fc.integer({ min: 1, max: 7 }),
      async (rows, orderBy, limit) => {
        await fill(db, rows);
        const all = (await events.findAll({}, { orderBy })).map(({ id }) => id);
        assert.equal(all.length, rows.length);
        const { forward, backward } = await walk(events, orderBy, limit);
        assert.deepEqual(forward, all);
        assert.deepEqual(backward, all);
      },
    ),
    { numRuns: byExtent({ whole: 150, short: 30 }) },
  );
});

it("rows that come and go while pages are read disturb no other row", async () => {
  await using db = await createTestDatabase({ poolSize: 2 });
  await createTables(db, Events);
  const events = new Repository(db, Events);
  const change = fc.record({ place: fc.nat(), rows: fc.array(raw, { minLength: 1, maxLength: 2 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(raw, { minLength: 4, maxLength: 16 }),
      order,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (rows, orderBy, changes) => {
        await fill(db, rows);
        const start = (await events.findAll({}, { orderBy })).map(({ id }) => id);
        const removed = new Set<number>();
        const seen: number[] = [];
        let id = 1000;
        let after: string | undefined;
        for (let step = 0;; step++) {
          const page = await events.findAfter({}, { orderBy, limit: 2, after });
          seen.push(...page.items.map((row) => row.id));
          after = page.next;
          if (after === undefined) break;
          const { place, rows } = changes[step % changes.length]!;
          if (step < 6) {
            for (const { at, big, ...row } of rows) {
              await events.save({
                ...row,
                at: at === null ? null : new Date(at),
                big: big === null ? null : BigInt(big),
                id: id++,
              });
            }
          }
          const gone = start[place % start.length]!;
          removed.add(gone);
          await events.delete({ id: gone });
        }
        assert.equal(new Set(seen).size, seen.length);
        const stayed = start.filter((id) => !removed.has(id));
        assert.deepEqual(seen.filter((id) => stayed.includes(id)), stayed);
      },
    ),
    { numRuns: byExtent({ whole: 60, short: 15 }) },
  );
});

it("behind the last row there is a way back, which starts with that row", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Events);
  const events = new Repository(db, Events);
  const row = { at: null, big: null, text: null, amount: "1", flag: true, day: null, real: 0 };
  await events.saveMany([0, 1, 2, 3].map((id) => ({ ...row, id })));
  const first = await events.findAfter({}, { limit: 2 });
  await events.delete({ id: { gt: 1 } });
  const empty = await events.findAfter({}, { limit: 2, after: first.next! });
  assert.deepEqual([empty.items, empty.next], [[], undefined]);
  const back = await events.findAfter({}, { limit: 2, after: empty.previous! });
  assert.deepEqual(back.items.map(({ id }) => id), [0, 1]);
  assert.equal(back.previous, undefined);
  assert.deepEqual(await events.findAfter({ id: 99 }, { limit: 2 }), { items: [], limit: 2 });
});

it("a cursor that was changed, or is of another list or order, is a 422", async () => {
  await using db = await createTestDatabase();
  const Others = defineTable("others", { columns: { id: z.int32() } });
  await createTables(db, Events, Others);
  const events = new Repository(db, Events);
  const others = new Repository(db, Others);
  await others.saveMany([{ id: 1 }, { id: 2 }]);
  const row = { big: null, amount: "1", flag: true, day: null, real: 0 };
  await events.saveMany([1, 2, 3].map((id) => ({ ...row, id, at: new Date(id), text: "ü" })));
  const orderBy: OrderBy<Event>[] = [{ column: "at" }, { column: "text" }];
  const { next } = await events.findAfter({}, { orderBy, limit: 1 });
  const refused = (after: string, order: OrderBy<Event>[] = orderBy) =>
    assert.rejects(events.findAfter({}, { orderBy: order, after }), ValidationError, after);

  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let i = 0; i < next!.length; i++) {
    const other = letters[(letters.indexOf(next![i]!) + 1 + i % 62) % 64]!;
    await refused(next!.slice(0, i) + other + next!.slice(i + 1));
    await refused(next!.slice(0, i) + next!.slice(i + 1));
  }
  for (
    const after of ["", " ", "x", next + "=", next + "A", ` ${next}`, "null", "W10", "é", "A".repeat(100_000)]
  ) {
    await refused(after);
  }
  for (const after of [1, {}, [], true]) await refused(after as never);
  await refused(next!, [{ column: "at" }]);
  await refused(next!, [{ column: "at", direction: "desc" }, { column: "text" }]);
  await refused(next!, [{ column: "at", nulls: "first" }, { column: "text" }]);
  await refused(next!, []);
  await refused((await others.findAfter({}, { limit: 1 })).next!, []);
  assert.equal((await events.findAfter({}, { orderBy, after: next! })).items.length, 2);
});

it("a cursor goes with any filter and any limit, and a limit has an end", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Events);
  const events = new Repository(db, Events);
  await db.sql`
    insert into events (id, amount, flag, real) select n, 1, n % 2 = 0, 0 from generate_series(1, 1500) as n`;
  const { next } = await events.findAfter({}, { limit: 10 });
  const page = await events.findAfter({ flag: true }, { limit: 5000, after: next! });
  assert.equal(page.limit, 1000);
  assert.equal(page.items.length, 745);
  assert.equal(page.items[0]!.id, 12);
});

const Ticks = defineTable("ticks", {
  columns: z.object({ id: z.int32(), a: z.int32().nullable(), b: z.int32(), c: z.int32().nullable() }),
  indexes: [
    { columns: ["a", { column: "b", direction: "desc" }, "id"] },
    { columns: [{ column: "b", direction: "desc" }, "c", "id"] },
  ],
});
type Tick = RowOf<typeof Ticks>;

/** The plan of the page behind the first `rows` rows, a line an item. */
async function planBehind(db: Database, orderBy: OrderBy<Tick>[], rows: number, filter: Filter<Tick> = {}) {
  await createTables(db, Ticks);
  await db.sql`
    insert into ticks (id, a, b, c)
    select n, nullif(n / 10, 7), n % 10, nullif(n % 7, 0) from generate_series(1, 20000) as n`;
  await db.sql`analyze ticks`;
  const { next } = await new Repository(db, Ticks).findAfter(filter, { orderBy, limit: rows });
  const explaining = new Repository({ ...db, sql: explain(db) }, Ticks);
  const { items } = await explaining.findAfter(filter, { orderBy, limit: 100, after: next! });
  return items.map((line) => (line as unknown as { "QUERY PLAN": string })["QUERY PLAN"]);
}

it("every part of a page behind a cursor is a scan of the index that has its order", async () => {
  await using db = await createTestDatabase();
  const orderBy: OrderBy<Tick>[] = [{ column: "a" }, { column: "b", direction: "desc" }, { column: "id" }];
  const plan = await planBehind(db, orderBy, 1000);
  const scans = plan.filter((line) => / Scan /.test(line));
  assert.equal(scans.length, 4, plan.join("\n"));
  assert.ok(scans.every((line) => /Index (Only )?Scan using ix_ticks_a/.test(line)), plan.join("\n"));
});

for (const [rows, where] of [[100, "a value"], [1990, "a null"]] as const) {
  it(`a page behind ${where} among the ties of the first column is read from its index without sorting`, async () => {
    await using db = await createTestDatabase();
    const orderBy: OrderBy<Tick>[] = [{ column: "b", direction: "desc" }, { column: "c" }, { column: "id" }];
    const plan = await planBehind(db, orderBy, rows);
    const scans = plan.filter((line) => / Scan /.test(line));
    assert.ok(scans.every((line) => /Index Scan using ix_ticks_b/.test(line)), plan.join("\n"));
    assert.ok(!plan.some((line) => /-> +(Incremental )?Sort/.test(line)), plan.join("\n"));
  });
}

it("an index whose first columns are those of a filter is read as far as the page needs", async () => {
  await using db = await createTestDatabase();
  const orderBy: OrderBy<Tick>[] = [{ column: "b", direction: "desc" }, { column: "id" }];
  const plan = await planBehind(db, orderBy, 3, { a: 6 });
  assert.ok(plan.some((line) => /Index Cond: .*a = .* AND \(b = [^A]/.test(line)), plan.join("\n"));
});

/** The tag of a database that answers with the plan of a query. */
function explain(db: Database): Database["sql"] {
  return new Proxy(db.sql, {
    apply(target, self, [strings, ...values]: [readonly string[], ...unknown[]]) {
      const text = [`explain (costs off) ${strings[0]}`, ...strings.slice(1)];
      return Reflect.apply(target as never, self, [Object.assign(text, { raw: text }), ...values]);
    },
  });
}
