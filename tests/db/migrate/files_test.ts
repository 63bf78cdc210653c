import { type Database, type MigrationError, type MigrationFile, Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { migration, problemOf } from "./_migrations.ts";

/** Nothing may be asked of the database: a broken file is an error before any SQL. */
const untouched = new Proxy({}, {
  get: (_, key) => assert.fail(`the database was asked for ${String(key)}`),
}) as Database;

function refused(sql: string, name = "0001_create_items.sql"): Promise<MigrationError> {
  return problemOf(new Migrator(untouched, { migrations: [{ name, sql }] }).up(), "invalid");
}

const NAMES = [
  "create_items.sql",
  "0001.sql",
  "0001create.sql",
  "0001_créer.sql",
  "0000_a.sql",
  "0001_a b.sql",
  "1234567890123456789_a.sql",
];
for (const name of NAMES) {
  test(`the name ${name} is refused before any SQL`, async () => {
    const { message } = await refused("-- migrate:up\nselect 1;", name);
    assert.match(
      message,
      new RegExp(`^${name.replaceAll(".", "\\.")}: expected a name like 0001_create_items\\.sql`),
    );
  });
}

const TEXTS: Record<string, [sql: string, line: number, message: RegExp]> = {
  "without a marker": ["select 1;", 1, /expected `-- migrate:up` before/],
  "with SQL before its marker": ["-- a\n\nselect 1;\n-- migrate:up\nselect 2;", 3, /this SQL is before/],
  "with nothing to do": ["-- migrate:up\n-- later\n-- migrate:down\nselect 1;", 1, /there is no SQL/],
  "with down before up": [
    "-- migrate:down\nselect 1;\n-- migrate:up\nselect 1;",
    1,
    /expected `-- migrate:up`/,
  ],
  "with two ups": ["-- migrate:up\nselect 1;\n-- migrate:up\nselect 1;", 3, /expected one/],
  "with two downs": ["-- migrate:up\nselect 1;\n-- migrate:down\n-- migrate:down", 4, /expected one/],
  "with another marker": ["-- migrate:up\nselect 1;\n-- migrate:undo", 3, /got `-- migrate:undo`/],
  "with another option": ["-- migrate:up transaction:no\nselect 1;", 1, /got `transaction:no`/],
  "with a quote that has no end": [
    "-- migrate:up\nselect\n'a;\n-- migrate:down",
    3,
    /a string is not closed/,
  ],
  "that ends its transaction": ["-- migrate:up\nselect 1;\ncommit;", 3, /`commit` is not allowed/],
  "that begins a transaction": ["-- migrate:up\n\nbegin; select 1;", 3, /`begin` is not allowed/],
  "that goes back in its transaction": ["-- migrate:up\nrollback;", 2, /`rollback` is not allowed/],
  "that copies from the client": ["-- migrate:up\ncopy a (b) from stdin;\n1\n\\.\n", 4, /command of psql/],
  "that copies from stdin": ["-- migrate:up\ncopy a from stdin;", 2, /`copy` from or to the client/],
  "of psql": ["-- migrate:up\n\\restrict abc\nselect 1;", 2, /a command of psql/],
};
for (const [name, [sql, line, message]] of Object.entries(TEXTS)) {
  test(`a file ${name} is refused before any SQL`, async () => {
    const error = await refused(sql);
    assert.match(error.message, message);
    assert.ok(error.message.startsWith(`0001_create_items.sql:${line}: `), error.message);
  });
}

test("two files of one version are refused before any SQL", async () => {
  const files = [
    migration("0002_b", "select 1;"),
    migration("2_a", "select 1;"),
    migration("0001_c", "select 1;"),
  ];
  const { message } = await problemOf(new Migrator(untouched, { migrations: files }).up(), "duplicate");
  assert.match(message, /^0002_b and 2_a have the same version 2: give the newer one the next number$/);
});

test("everything that is wrong with the files is said at once", async () => {
  const files: MigrationFile[] = [
    { name: "a.sql", sql: "" },
    { name: "0001_b.sql", sql: "select 1" },
    migration("0002_c", "select 1"),
    migration("0002_d", "select 1"),
  ];
  await assert.rejects(new Migrator(untouched, { migrations: files }).down(), (error: MigrationError) => {
    assert.deepEqual(error.problems.map(({ kind, migration }) => [kind, migration]), [
      ["invalid", "a.sql"],
      ["invalid", "0001_b.sql"],
      ["duplicate", "0002_d"],
    ]);
    assert.match(error.message, /^3 problems:\n- a\.sql: .*\n- 0001_b\.sql:1: .*\n- 0002_c and 0002_d /);
    assert.deepEqual([error.code, error.status, error.kind], ["MIGRATION_ERROR", 500, "invalid"]);
    return true;
  });
});

test("nothing of a migration's error is shown to a client", async () => {
  const error = await refused("select 1;");
  assert.doesNotMatch(await error.getResponse().text(), /0001|migrate/);
});

test("a folder is read by its path or its URL, and only its SQL files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "glam migrations "));
  try {
    await writeFile(join(folder, "README.md"), "no SQL");
    await writeFile(join(folder, "broken.SQL"), "");
    for (const migrations of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(`${folder}/`)]) {
      const error = await problemOf(new Migrator(untouched, { migrations }).up(), "invalid");
      assert.equal(error.problems[0]?.migration, "broken.SQL");
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a folder that is not there is said by name", async () => {
  await assert.rejects(new Migrator(untouched, { migrations: "no/such/folder" }).up(), {
    name: "TypeError",
    message: "Cannot read migrations: there is no folder no/such/folder",
  });
});

const OPTIONS: [options: object, error: RegExp][] = [
  [{ migrations: 7 }, /^TypeError: Expected `migrations` to be a folder or a list of files, got number$/],
  [{ table: "" }, /^TypeError: Expected `table` to be a name, got ""$/],
  [{ schema: 1 }, /^TypeError: Expected `schema` to be a name, got 1$/],
  [{ waitMs: -1 }, /^RangeError: Expected `waitMs` to be a whole number from 0 to 2147483647, got -1$/],
  [
    { lockTimeoutMs: 0 },
    /^RangeError: Expected `lockTimeoutMs` to be a whole number from 1 to 2147483647, got 0$/,
  ],
  [
    { lockAttempts: 1.5 },
    /^RangeError: Expected `lockAttempts` to be a whole number from 1 to 2147483647, got 1.5$/,
  ],
];
for (const [options, error] of OPTIONS) {
  test(`the options ${JSON.stringify(options)} are refused at construction`, () => {
    assert.throws(() => new Migrator(untouched, options as never), error);
  });
}
