import assert from "node:assert/strict";
import { it } from "node:test";
import { cursorQuery } from "@glam/shared/api";
import { runWithContext } from "@glam/shared/context";
import {
  defineTable,
  merchantScoped,
  type OrderBy,
  Repository,
  type RowOf,
  softDelete,
} from "@glam/shared/db";
import { ValidationError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables, uuid } from "../_support.ts";

const Texts = defineTable("texts", {
  columns: z.object({
    id: z.int32(),
    part: z.string(),
    text: z.string().nullable(),
    list: z.array(z.string()),
    amount: z.string(),
    doc: z.unknown(),
  }),
  primaryKey: ["part", "id"],
  columnTypes: { list: "text[]", amount: "numeric", doc: "jsonb" },
  ...softDelete,
});
type TextRow = RowOf<typeof Texts>;

const LONG = [0, 10, 3000, 3100, 12_300, 200_000];

async function texts() {
  const db = await createTestDatabase({ poolSize: 1 });
  await createTables(db, Texts);
  const repository = new Repository(db, Texts);
  // Each length twice, so that there are ties; and what is not ASCII takes six characters in a cursor.
  await repository.saveMany(LONG.flatMap((length, n) =>
    ["a", "b"].map((part) => ({
      id: n,
      part,
      text: n === 0 ? null : "ü🦄".repeat(length / 3) + n,
      list: ["x".repeat(length), String(n)],
      amount: `1.${"0".repeat(Math.min(length, 9000))}${n}`,
      doc: { text: "x".repeat(length), n },
    }))
  ));
  return { db, repository };
}

const orders: readonly OrderBy<TextRow>[][] = [
  [{ column: "text" }],
  [{ column: "text", direction: "desc", nulls: "last" }],
  [{ column: "amount" }, { column: "text" }],
  [{ column: "list", direction: "desc" }],
  [{ column: "doc" }],
  [{ column: "part" }, { column: "text" }],
  [{ column: "id", direction: "desc" }, { column: "text" }],
];

it("a page behind a row with a long text goes on where it ends, there and back, and its cursor fits into a query", async () => {
  const { db, repository } = await texts();
  await using _ = db;
  const read = cursorQuery();
  const ids = (rows: readonly TextRow[]) => rows.map(({ part, id }) => `${part}${id}`);
  for (const orderBy of orders) {
    const wanted = ids(await repository.findAll({}, { orderBy }));
    for (const limit of [1, 3]) {
      let page = await repository.findAfter({}, { orderBy, limit });
      const forward = ids(page.items);
      while (page.next !== undefined) {
        assert.ok(forward.length < 20);
        page = await repository.findAfter({}, {
          orderBy,
          limit,
          after: read.parse({ cursor: page.next }).cursor,
        });
        forward.push(...ids(page.items));
      }
      assert.deepEqual(forward, wanted);
      const backward = ids(page.items);
      while (page.previous !== undefined) {
        assert.ok(backward.length < 20);
        const after = read.parse({ cursor: page.previous }).cursor;
        page = await repository.findAfter({}, { orderBy, limit, after });
        backward.unshift(...ids(page.items));
      }
      assert.deepEqual(backward, wanted);
    }
  }
});

it("behind the last row with a long text there is a way back, which starts with that row", async () => {
  const { db, repository } = await texts();
  await using _ = db;
  const orderBy = { column: "text" } as const;
  const { next } = await repository.findAfter({ id: { gt: 3 } }, { orderBy, limit: 3 });
  const empty = await repository.findAfter({ id: 0, part: "z" }, { orderBy, after: next! });
  assert.deepEqual(empty.items, []);
  const back = await repository.findAfter({ id: { gt: 3 } }, { orderBy, limit: 1, after: empty.previous! });
  assert.deepEqual(back.items.map(({ id, part }) => [id, part]), [[5, "a"]]);
});

it("a cursor of a key finds a row that is marked as deleted, and says so when it is gone for good", async () => {
  const { db, repository } = await texts();
  await using _ = db;
  const orderBy = { column: "text", nulls: "first" } as const;
  const { next, items } = await repository.findAfter({}, { orderBy, limit: 9 });
  const { part, id } = items.at(-1)!;
  assert.equal(id, 4);
  const ids = async () =>
    (await repository.findAfter({}, { orderBy, after: next! })).items.map((row) => `${row.part}${row.id}`);
  assert.deepEqual(await ids(), ["b4", "a5", "b5"]);
  await repository.deleteById({ part, id });
  assert.deepEqual(await ids(), ["b4", "a5", "b5"]);
  await repository.delete({ id, part }, { hard: true, deleted: "only" });
  await assert.rejects(
    ids(),
    (error: Error) =>
      error instanceof ValidationError &&
      error.message === "The row of this cursor is gone; read the list from its start",
  );
});

it("a cursor of a key does not find a row of another merchant", async () => {
  await using db = await createTestDatabase();
  const Notes = defineTable("notes", {
    columns: z.object({ id: z.uuid(), text: z.string() }),
    ...merchantScoped,
  });
  await createTables(db, Notes);
  const notes = new Repository(db, Notes);
  const [a, b] = [uuid(0xa), uuid(0xb)];
  await notes.forMerchant(a, { domain: "a.example" }).saveMany(
    [1, 2].map((n) => ({ id: uuid(n), text: "x".repeat(9000) })),
  );
  const options = { orderBy: { column: "text" } } as const;
  const { next } = await notes.forMerchant(a).findAfter({}, { ...options, limit: 1 });
  assert.equal((await notes.forMerchant(a).findAfter({}, { ...options, after: next! })).items.length, 1);
  await runWithContext(
    { merchantId: b },
    () => assert.rejects(notes.findAfter({}, { ...options, after: next! }), ValidationError),
  );
});

it("a key that is itself too long for a query still leads on", async () => {
  await using db = await createTestDatabase();
  const Keys = defineTable("keys", { columns: z.object({ id: z.string(), n: z.int32() }) });
  await createTables(db, Keys);
  const keys = new Repository(db, Keys);
  await keys.saveMany(["a", "b", "c"].map((letter, n) => ({ id: letter.repeat(30_000), n })));
  const seen: number[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await keys.findAfter({}, { orderBy: { column: "id", direction: "desc" }, limit: 1, after });
    seen.push(...page.items.map(({ n }) => n));
    after = page.next;
  }
  assert.deepEqual(seen, [2, 1, 0]);
});
