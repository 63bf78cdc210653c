import { createTable, defineTable, type OrderBy, Repository } from "@glam/shared/db";
import * as z from "zod";
import { median, takeTurns } from "../_statistics.ts";
import { type Setting, time } from "./_setting.ts";

const ROUNDS = 21;
const CALLS = 40;
const LIMIT = 100;
const MOST = 1000; // rows of a page
const BEFORE = 9_999 * LIMIT;

interface Tick {
  readonly id: number;
  readonly rank: number | null;
  readonly score: number;
  readonly at: Date;
}

/** The cost of page 10,000 of a million rows, as a multiple of that of page 1. */
export async function measurePages({ db }: Setting): Promise<Record<string, number>> {
  const Ticks = defineTable("ticks", {
    columns: z.object({ id: z.int32(), rank: z.int32().nullable(), score: z.int32(), at: z.date() }),
    indexes: [
      ["rank", "id"],
      { name: "ix_ticks_mixed", columns: [{ column: "score", direction: "desc" }, "rank", "id"] },
    ],
  });
  for (const statement of createTable(Ticks)) await db.sql.unsafe(statement);
  // Ties in every column, one row in ten without a rank, on the disk in no order, and all of one size.
  await db.sql`
    insert into ticks (id, rank, score, at)
    select 1000000 + n, case when n % 10 > 0 then 1000000 + n / 3 end, 1000 + floor(random() * 1000), now()
    from generate_series(1, 1000000) as n order by random()`;
  await db.sql`vacuum analyze ticks`;
  const ticks = new Repository(db, Ticks);
  const orders: Record<string, OrderBy<Tick>[]> = {
    key: [],
    nullable: [{ column: "rank" }],
    mixed: [{ column: "score", direction: "desc" }, { column: "rank" }, { column: "id" }],
  };
  const results: Record<string, number> = {};
  for (const [name, orderBy] of Object.entries(orders)) {
    const page = async (limit: number, after: string | undefined) =>
      (await ticks.findAfter({}, { orderBy, limit, after })).next;
    const far = await walk(page, BEFORE);
    const near = await walk(page, LIMIT);
    const read = (after: string | undefined) => () =>
      time(async () => {
        for (let i = 0; i < CALLS; i++) await ticks.findAfter({}, { orderBy, limit: LIMIT, after });
      });
    const subjects = { first: read(undefined), second: read(near), last: read(far) };
    await takeTurns(2, subjects);
    const { first, second, last } = await takeTurns(ROUNDS, subjects);
    const ratio = (times: readonly number[]) => median(times.map((time, round) => time / first[round]!));
    results[name] = ratio(last);
    results[`${name} second`] = ratio(second);
    results[`${name} ms`] = median(last) / CALLS;
  }
  return results;
}

/** The cursor behind the given number of rows, through all pages before it. */
async function walk(
  page: (limit: number, after: string | undefined) => Promise<string | undefined>,
  rows: number,
): Promise<string> {
  let after: string | undefined;
  for (let left = rows; left > 0; left -= MOST) after = await page(Math.min(left, MOST), after);
  return after!;
}
