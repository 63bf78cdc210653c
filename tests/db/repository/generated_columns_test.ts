import assert from "node:assert/strict";
import { it } from "node:test";
import { createTable, defineTable, type InsertOf, Migrator, type PatchOf, Repository } from "@glam/shared/db";
import { ContractError } from "@glam/shared/errors";
import * as z from "zod";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createTables } from "../_support.ts";

const Boxes = defineTable("boxes", {
  columns: z.object({
    id: z.int32(),
    width: z.int32(),
    height: z.int32(),
    area: z.int32(),
    label: z.string().nullish(),
    number: z.int64(),
  }),
  columnTypes: {
    area: "integer generated always as (width * height) stored",
    label: "text GENERATED ALWAYS AS ('  (' || width || ')')",
    number: "bigint generated always as identity",
  },
  unique: ["number"],
});

const generated = ({ id, width, height }: { id: number; width: number; height: number }, number: bigint) => ({
  id,
  width,
  height,
  area: width * height,
  label: `  (${width})`,
  number,
});

it("a generated column is read, and every method that writes leaves it to the database", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Boxes);
  const boxes = new Repository(db, Boxes);
  const one = { id: 1, width: 2, height: 3 };
  assert.deepEqual(await boxes.save(one), generated(one, 1n));
  assert.equal(await boxes.saveMany([{ id: 2, width: 1, height: 1 }, { id: 3, width: 4, height: 5 }]), 2);
  assert.deepEqual(await boxes.update(1, { width: 5 }), generated({ ...one, width: 5 }, 1n));
  assert.deepEqual(await boxes.upsert({ ...one, height: 9 }), generated({ ...one, height: 9 }, 1n));
  assert.equal(await boxes.upsert([{ id: 2, width: 7, height: 7 }, { id: 9, width: 1, height: 2 }]), 2);
  assert.deepEqual(
    await boxes.upsert({ ...one, width: 3, area: undefined } as never),
    generated({ ...one, width: 3 }, 1n),
  );
  const areas = await boxes.findAll({ area: { gte: 9 } }, { orderBy: { column: "area", direction: "desc" } });
  assert.deepEqual(areas.map(({ area }) => area), [49, 20, 9]);
  assert.equal((await boxes.findAfter({}, { orderBy: { column: "label" } })).items.length, 4);
});

it("a value for a column that the database writes does not compile, and is refused before any SQL", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Boxes);
  const boxes = new Repository(db, Boxes);
  const row = { id: 1, width: 2, height: 3 };
  for (const name of ["area", "label", "number"]) {
    for (
      const write of [
        () => boxes.save({ ...row, [name]: 6 } as never),
        () => boxes.saveMany([{ ...row, [name]: 6 } as never], { managed: true }),
        () => boxes.upsert({ ...row, [name]: 6 } as never),
        () => boxes.update(1, { [name]: 6 } as never),
      ]
    ) {
      await assert.rejects(write(), ContractError);
    }
  }
  assert.deepEqual(Object.keys(Boxes.insertSchema.shape), ["id", "width", "height"]);
  assert.deepEqual(Object.keys(Boxes.patchSchema.shape), ["width", "height"]);
  const refused = [
    // @ts-expect-error: the database gives it its value
    (): InsertOf<typeof Boxes> => ({ id: 1, width: 2, height: 3, area: 6 }),
    // @ts-expect-error: the database gives it its value, whatever the case of its type
    (): InsertOf<typeof Boxes> => ({ id: 1, width: 2, height: 3, label: "a" }),
    // @ts-expect-error: the database gives it its value
    (): InsertOf<typeof Boxes> => ({ id: 1, width: 2, height: 3, number: 1n }),
    // @ts-expect-error: the database gives it its value
    (): PatchOf<typeof Boxes> => ({ area: 6 }),
  ];
  assert.equal(refused.length, 4);
});

it("a generated column is one in the model and in SQL, and has no default", () => {
  assert.deepEqual(Boxes.columns.slice(3), [
    {
      name: "area",
      nullable: false,
      default: undefined,
      type: "integer",
      generated: "(width * height) stored",
    },
    {
      name: "label",
      nullable: true,
      default: undefined,
      type: "text",
      generated: "('  (' || width || ')') STORED",
    },
    { name: "number", nullable: false, default: undefined, type: "bigint", identity: "always" },
  ]);
  const [ddl] = createTable(Boxes);
  assert.ok(
    ddl!.includes(`"area" integer GENERATED ALWAYS AS (width * height) stored NOT NULL`),
    String(ddl),
  );
  assert.throws(
    () =>
      defineTable("a", {
        columns: { id: z.int32(), b: z.int32() },
        columnTypes: { b: "integer generated always as (id * 2) stored" },
        defaults: { b: "0" },
      }),
    /the column "b" is generated, so it has no default/,
  );
});

it("autogenerate adds a generated column to a table with rows, and proposes nothing for one that is there", async () => {
  await using db = await createTestDatabase();
  await createTables(db, Boxes);
  await db.sql`insert into boxes (id, width, height) values (1, 2, 3)`;
  const propose = (migrator: Migrator) => migrator.create("boxes", { autogenerate: [Boxes], dryRun: true });
  const before = new Migrator(db, { migrations: [] });
  assert.equal((await propose(before))?.sql, undefined);
  await db.sql`alter table boxes drop column area`;
  const { sql } = (await propose(before))!;
  const after = new Migrator(db, { migrations: [{ name: "0001_boxes.sql", sql }] });
  await after.up();
  assert.equal((await new Repository(db, Boxes).findById(1))?.area, 6);
  assert.equal((await propose(after))?.sql, undefined);
});
