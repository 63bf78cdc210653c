import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { defineTable, Repository, timestamps, versioned } from "@glam/shared/db";
import { ContractError, type GlamError, ValidationError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables, uuid } from "../_support.ts";

// What the schemas allow and the table does not.
const Things = defineTable("things", {
  columns: z.object({
    id: z.string(),
    short: z.string(),
    small: z.int(),
    day: z.string(),
    key: z.string(),
    filled: z.unknown(),
  }),
  columnTypes: {
    id: "uuid",
    short: "varchar(3)",
    small: "smallint",
    day: "date",
    key: "uuid",
    filled: "jsonb",
  },
  checks: { positive: "small > 0" },
});
const good = { id: uuid(1), short: "abc", small: 1, day: "2026-01-01", key: uuid(2), filled: { a: 1 } };

const Notes = defineTable("notes", {
  columns: z.object({
    id: z.guid(),
    title: z.string().trim().min(1).max(20),
    body: z.string().optional(),
    pages: z.int32().default(1),
    rank: z.int32().nullable(),
  }).refine(({ title, body }) => title !== body, { path: ["body"], message: "Same as the title" }),
  columnTypes: { title: "text" },
  defaults: { id: "gen_random_uuid()" },
  ...timestamps,
  ...versioned,
});

/** Values that Postgres refuses, by its SQLSTATE. */
const REFUSED = {
  "22001": { short: "abcd" },
  "22003": { small: 40_000 },
  "22007": { day: "someday" },
  "22008": { day: "2026-02-30" },
  "22021": { short: "a\0" },
  "22P02": { key: "x" },
  "22P05": { filled: "a\0" },
  "23502": { filled: null },
  "23514": { small: -1 },
} as const;

it("a value that Postgres refuses is the fault of whoever made the row: the service's unless it says so", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Things);
  await db.sql`alter table things alter column filled set not null`;
  const things = new Repository(db, Things);
  await things.save(good);
  for (const [code, value] of Object.entries(REFUSED)) {
    const row = { ...good, id: uuid(9), ...value };
    for (const from of ["service", "client", undefined] as const) {
      const options = { from };
      const writes = [
        () => things.save(row, options),
        () => things.saveMany([row], options),
        () => things.upsert(row, options),
        () => things.upsert([row], options),
        () => things.update(good.id, value, options),
      ];
      for (const write of writes) {
        const error = await write().then(() => undefined, (error: GlamError) => error);
        const label = `${code} from ${from}: ${error}`;
        assert.equal((error?.cause as { code?: string } | undefined)?.code, code, label);
        if (from === "client") assert.ok(error instanceof ValidationError, label);
        else {
          assert.ok(error instanceof ContractError, label);
          assert.equal(error.details["contract"], "things");
          const { error: shown } = await error.getResponse().json();
          assert.deepEqual([shown.code, shown.message], ["CONTRACT_ERROR", "An unexpected error occurred"]);
        }
      }
    }
  }
  assert.deepEqual(await things.findAll(), [good]);
});

it("ids, filters, cursors, orders and versions are a client's, whoever made the patch", async () => {
  await using db = await createTestDatabase();
  const Versions = defineTable("versions", { columns: { id: z.int32(), name: z.string() }, ...versioned });
  await createTables(db, Things, Versions);
  const things = new Repository(db, Things);
  const versions = new Repository(db, Versions);
  await versions.save({ id: 1, name: "a" });
  const calls = [
    () => things.update("x", { small: 2 }),
    () => things.update("x", { small: 2 }, { from: "service" }),
    () => things.update("x\0", {}),
    () => things.update(`${uuid(1)}0`, { small: -1 }),
    () => things.update(null as never, { small: 2 }),
    () => things.deleteById("x"),
    () => things.findById("x"),
    () => things.delete({ key: "x" }),
    () => things.findAll({ small: { gt: 1e9 } }),
    () => things.findAfter({}, { after: "x" }),
    () => things.findAll({}, { orderBy: { column: "colour" as never } }),
    () => versions.update(2 ** 40, { name: "b", version: 1 }),
    ...[undefined, null, "1", 1.5, 2 ** 31, 1e20].map((version) => () =>
      versions.update(1, { name: "b", version } as never)
    ),
  ];
  for (const call of calls) await assert.rejects(call(), ValidationError, String(call));
});

it("the schemas of a table take what a client may send, and nothing that the repository or the database keeps", async () => {
  assert.deepEqual(Object.keys(Notes.insertSchema.shape), ["id", "title", "body", "pages", "rank"]);
  assert.deepEqual(Object.keys(Notes.patchSchema.shape), ["title", "body", "pages", "rank"]);
  assert.equal(Notes.insertSchema, Notes.insertSchema);
  const insert = (value: unknown) => Notes.insertSchema.safeParse(value);
  assert.deepEqual(insert({ title: " a ", rank: null }).data, { title: "a", pages: 1, rank: null });
  assert.deepEqual(insert({ title: "a", rank: 1, body: null }).data, {
    title: "a",
    pages: 1,
    rank: 1,
    body: null,
  });
  for (
    const wrong of [
      { title: "a" },
      { title: "", rank: 1 },
      { title: "a", rank: 1, body: "a" },
      { title: "a", rank: 1, version: 7 },
      { title: "a", rank: 1, created_at: new Date(0) },
      { title: "a", rank: 1, colour: "red" },
    ]
  ) {
    assert.equal(insert(wrong).success, false, JSON.stringify(wrong));
  }
  assert.deepEqual(Notes.patchSchema.parse({}), {});
  assert.deepEqual(Notes.patchSchema.parse({ body: null, title: "b " }), { body: null, title: "b" });
  for (
    const wrong of [{ title: null }, { id: uuid(1) }, { version: 1 }, { updated_at: new Date() }, {
      pages: "1",
    }]
  ) {
    assert.equal(Notes.patchSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
  }

  await using db = await createTestDatabase();
  await createTables(db, Notes);
  const notes = new Repository(db, Notes);
  const { id, version } = await notes.save(Notes.insertSchema.parse({ title: " a ", rank: 1 }));
  const patch = Notes.patchSchema.parse({ body: "b" });
  assert.equal((await notes.update(id, { ...patch, version })).pages, 1);
});

it("columns that the repository keeps are given only where they are asked for", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Notes);
  const notes = new Repository(db, Notes);
  const old = new Date("2001-02-03T04:05:06.789Z");
  const row = { id: uuid(1), title: "a", rank: null, created_at: old, updated_at: old, version: 7 };
  await assert.rejects(notes.save(row as never), {
    code: "CONTRACT_ERROR",
    message: /created_at: The repository gives this column its value; updated_at: .*; version: /,
  });
  await assert.rejects(notes.save(row as never, { from: "client" }), ValidationError);
  // @ts-expect-error: the repository keeps it
  await assert.rejects(notes.save({ title: "a", rank: null, version: 7 }));
  const stored = await notes.save(row, { managed: true });
  assert.deepEqual([stored.created_at, stored.updated_at, stored.version], [old, old, 7]);
  assert.equal(
    await notes.saveMany([{ ...row, id: uuid(2) }, { title: "b", rank: 1 }], { managed: true }),
    2,
  );
  assert.equal(await notes.count({ version: 7 }), 2);
  const upserted = await notes.upsert({ ...row, title: "c", version: 1 }, { managed: true });
  assert.deepEqual([upserted.title, upserted.version, upserted.created_at], ["c", 8, old]);
});

it("a handler saves what the schemas of a table let through, and a client learns only of its own mistakes", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Notes);
  const notes = new Repository(db, Notes);
  const log = () => {};
  const logger = { debug: log, info: log, warn: log, error: log, critical: log };
  const app = new Hono();
  app.use(glamMiddleware({ service: "notes", logger }));
  app.post(
    "/notes",
    validate("json", Notes.insertSchema),
    async (c) => success(c, (await notes.save(c.req.valid("json"), { from: "client" })).id),
  );
  app.patch(
    "/notes/:id",
    validate("json", Notes.patchSchema.extend({ version: z.int32() })),
    async (c) =>
      success(c, (await notes.update(c.req.param("id"), c.req.valid("json"), { from: "client" })).version),
  );
  app.post("/broken", async (c) => success(c, await notes.save({ title: "", rank: 1 })));
  const send = async (method: string, path: string, body: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const response = await app.request(path, { method, headers, body: JSON.stringify(body) });
    const { data, error } = await response.json();
    return [response.status, data ?? error.code];
  };
  const [status, id] = await send("POST", "/notes", { title: "a", rank: 1 });
  assert.equal(status, 200);
  assert.deepEqual(await send("PATCH", `/notes/${id}`, { body: "b", version: 1 }), [200, 2]);
  const invalid = [422, "VALIDATION_ERROR"];
  assert.deepEqual(await send("POST", "/notes", { title: "a", rank: 1, version: 9 }), invalid);
  assert.deepEqual(await send("POST", "/notes", { title: "a\0", rank: 1 }), invalid);
  assert.deepEqual(await send("PATCH", `/notes/${id}`, { body: "a\0", version: 2 }), invalid);
  assert.deepEqual(await send("PATCH", "/notes/1", { body: "a", version: 2 }), invalid);
  assert.deepEqual(await send("POST", "/broken", {}), [500, "CONTRACT_ERROR"]);
});
