import { type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../_support/postgres.ts";
import { createOwnDatabase } from "./_own_database.ts";
import { names, plainMigration, problemOf, TWO_TABLES } from "./_migrations.ts";

const ITEMS = TWO_TABLES[0]!;

const HALF = plainMigration(
  "0002_half",
  "create table half (id int);\n\ncreate unique index concurrently items_one on items ((1));\nvacuum items;",
  "drop table half;\ndrop table nope;",
);

async function halfDone(options: { readonly url?: string } = {}) {
  const db = await createTestDatabase(options);
  await new Migrator(db, { migrations: [ITEMS] }).up();
  await db.sql`insert into items values (1), (2)`;
  const migrator = (files: readonly MigrationFile[] = [ITEMS, HALF]) =>
    new Migrator(db, { migrations: files });
  return { db, migrator, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
}

test("a file outside of a transaction runs statement by statement", async () => {
  await using db = await createTestDatabase();
  const file = plainMigration(
    "0002_plain",
    "vacuum items; -- a; b\ndo $$ begin perform 1; commit; end $$; create index concurrently i on items (id)",
    "drop index concurrently i;",
  );
  const migrator = new Migrator(db, { migrations: [ITEMS, file] });
  assert.deepEqual(names(await migrator.up()), ["0001_create_items", "0002_plain"]);
  const [row] = await db
    .sql`select state, statements_done, finished_at > started_at as took from glam_migrations
    where version = 2`;
  assert.deepEqual({ ...row }, { state: "applied", statements_done: 3, took: true });
  assert.deepEqual(names(await migrator.down()), ["0002_plain"]);
  assert.equal((await db.sql`select to_regclass('i') as i`)[0]?.["i"], null);
});

test("one that fails says what took effect, what is left of an index, and blocks until it is repaired", async () => {
  // Of its own, for an index that another test is building has not been built either.
  await using own = await createOwnDatabase();
  await using half = await halfDone({ url: own.url });
  const { db, migrator } = half;
  const { message } = await problemOf(migrator().up(), "unfinished");
  assert.match(
    message,
    /^0002_half\.sql:4: could not create unique index "items_one" \(23505\); 1 of the 3 statements took effect and stay/,
  );
  assert.match(
    message,
    /drop what is left of an index that was not built: items_one; put the database right by hand/,
  );
  const blocked = await problemOf(migrator().up(), "unfinished");
  assert.match(
    blocked.message,
    /^Applying 0002_half, begun at \S+Z, failed \(could not create unique index "items_one"\); 1 of 3 statements took ef/,
  );
  await problemOf(migrator().down(), "unfinished");
  await problemOf(migrator().verify(), "unfinished");
  const status = await migrator().status();
  assert.deepEqual([status.state, status.migrations[1]?.state], ["broken", "failed"]);

  await db.sql`drop table half`;
  await db.sql`drop index items_one`;
  await db.sql`truncate items`;
  assert.deepEqual(await migrator().repair({ unfinished: "pending" }), [
    { migration: "0002_half", kind: "unfinished", now: "pending" },
  ]);
  assert.deepEqual(names(await migrator().up()), ["0002_half"]);
});

test("one that was finished by hand is repaired to be applied", async () => {
  await using half = await halfDone();
  const { db, migrator } = half;
  await problemOf(migrator().up(), "unfinished");
  await db.sql`drop index items_one`;
  assert.deepEqual(await migrator().repair({ unfinished: "applied" }), [
    { migration: "0002_half", kind: "unfinished", now: "applied" },
  ]);
  assert.equal((await migrator().status()).state, "current");
  assert.deepEqual(await migrator().up(), []);
});

test("one that fails on its way down blocks too", async () => {
  await using half = await halfDone();
  const { db, migrator } = half;
  await db.sql`truncate items`;
  await migrator().up();
  const { message } = await problemOf(migrator().down(), "unfinished");
  assert.match(
    message,
    /^0002_half\.sql:8: table "nope" does not exist \(42P01\); 1 of the 2 statements took effect/,
  );
  assert.match(
    (await problemOf(migrator().down(), "unfinished")).message,
    /^Reverting 0002_half, begun at .* 1 of 2 /,
  );
  await migrator().repair({ unfinished: "pending" });
  assert.equal((await migrator().status()).pending, 1);
});

test("one whose process was killed stays started, and blocks until it is repaired", async () => {
  await using half = await halfDone();
  const { db, migrator } = half;
  // What `kill -9` leaves between two statements.
  await db.sql`insert into glam_migrations (version, name, checksum, state, statements_done)
    values (2, '0002_half', 'x', 'started', 2)`;
  const { message } = await problemOf(migrator().up(), "unfinished");
  assert.match(
    message,
    /^Applying 0002_half, .*, did not finish: its process ended, or still runs it; 2 of 3 statements/,
  );
});

test("an edited file is accepted, and a missing one forgotten, by repair alone and only what is named", async () => {
  await using half = await halfDone();
  const { db } = half;
  const files = [ITEMS, TWO_TABLES[1]!, {
    ...TWO_TABLES[1]!,
    name: "0003_c.sql",
    sql: "-- migrate:up\nselect 1;",
  }];
  await new Migrator(db, { migrations: files }).up();
  const changed = [{ ...ITEMS, sql: `${ITEMS.sql}-- more` }, {
    ...files[2]!,
    sql: "-- migrate:up\nselect 2;",
  }];
  const migrator = new Migrator(db, { migrations: changed });
  const { message } = await problemOf(migrator.repair({}), "refused");
  assert.match(
    message,
    /^Expected how to repair: .*\n- 0001_create_items was edited.*\n- 0002_.* is missing.*\n- 0003_c was ed/,
  );
  assert.deepEqual(await migrator.repair({ edited: "accept", only: ["0003"] }), [
    { migration: "0003_c", kind: "edited", now: "accepted" },
  ]);
  assert.deepEqual((await migrator.status()).problems.map(({ kind }) => kind), ["edited", "missing"]);
  assert.deepEqual(await migrator.repair({ edited: "accept", missing: "forget" }), [
    { migration: "0001_create_items", kind: "edited", now: "accepted" },
    { migration: "0002_create_prices", kind: "missing", now: "forgotten" },
  ]);
  await migrator.verify();
  assert.deepEqual(await migrator.repair({ edited: "accept", missing: "forget", unfinished: "applied" }), []);
});
