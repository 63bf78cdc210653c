import { migrateCommand, type MigrateCommandOptions } from "@glam/shared/db";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunningChild, startScript } from "../../_support/child_process.ts";
import { createTestDatabase, PATIENT } from "../../_support/postgres.ts";
import { migration, plainMigration, TWO_TABLES } from "./_migrations.ts";

/** A folder with two files, a database, and the command on both. */
async function project() {
  const db = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "glam-migrate-"));
  for (const { name, sql } of TWO_TABLES) await writeFile(join(folder, name), sql);
  const call = async (line: string, options: MigrateCommandOptions = {}) => {
    const [out, errors]: [string[], string[]] = [[], []];
    const exitCode = await migrateCommand(line.split(" "), {
      database: { ...PATIENT, url: db.url, schema: db.schema },
      migrations: folder,
      print: (text) => out.push(text),
      printError: (text) => errors.push(text),
      ...options,
    });
    return { exitCode, out: out.join("\n"), errors: errors.join("\n") };
  };
  const dispose = async () => {
    await rm(folder, { recursive: true });
    await db[Symbol.asyncDispose]();
  };
  return { db, folder, call, [Symbol.asyncDispose]: dispose };
}

test("up prints its progress and what it did, and status exits with 3 for as long as files are not applied", async () => {
  await using each = await project();
  const before = await each.call("status");
  assert.equal(before.exitCode, 3);
  assert.match(
    before.out,
    /^0001_create_items {3}pending\n0002_create_prices {2}pending\n\nThe database was never mig/,
  );
  const up = await each.call("up --to=1");
  assert.equal(up.out, "Applied 1 migration");
  assert.match(up.errors, /^applying 0001_create_items \(1 of 1\)\napplied 0001_create_items in \d+ ms$/);
  const between = await each.call("status");
  assert.deepEqual([between.exitCode, between.out.split("\n").at(-1)], [3, "1 migration to apply"]);
  assert.equal((await each.call("up")).exitCode, 0);
  const after = await each.call("status");
  assert.equal(after.exitCode, 0);
  assert.match(
    after.out,
    /^0001_create_items {3}applied {3}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}\d+ ms\n[^]*up to date$/,
  );
  assert.equal((await each.call("up")).out, "Nothing to do: the database is up to date");
  assert.deepEqual(await each.call("verify"), {
    exitCode: 0,
    out: "The files match the history",
    errors: "",
  });
});

test("--json prints one document, in snake_case, and nothing else", async () => {
  await using each = await project();
  const up = await each.call("up --json");
  assert.equal(up.errors, "");
  const { migrations, dry_run } = JSON.parse(up.out);
  assert.deepEqual(migrations.map((run: object) => Object.keys(run)), [
    ["version", "name", "transaction", "sql", "duration_ms"],
    ["version", "name", "transaction", "sql", "duration_ms"],
  ]);
  assert.equal(dry_run, false);
  assert.equal(JSON.parse((await each.call("status --json")).out).state, "current");
  await writeFile(join(each.folder, "0001_create_items.sql"), "-- migrate:up\nselect 1;");
  const failed = await each.call("verify --json");
  assert.equal(failed.exitCode, 1);
  const { error } = JSON.parse(failed.out);
  assert.deepEqual([error.code, error.details.problems[0].kind], ["MIGRATION_ERROR", "edited"]);
  assert.equal((await each.call("status")).exitCode, 1);
});

test("--dry-run shows the SQL and runs nothing", async () => {
  await using each = await project();
  const { exitCode, out } = await each.call("up --dry-run");
  assert.equal(exitCode, 0);
  assert.equal(
    out,
    "Would apply 2 migrations:\n\n-- 0001_create_items\ncreate table items (id int primary key);\n\n" +
      "-- 0002_create_prices\ncreate table prices (id int primary key);",
  );
  assert.equal((await each.call("status")).exitCode, 3);
});

test("down shows what it would revert and asks, and reverts nothing without a yes", async () => {
  await using each = await project();
  await each.call("up");
  const questions: string[] = [];
  const answer = (yes: boolean) => (question: string) => (questions.push(question), Promise.resolve(yes));
  const no = await each.call("down --to=0", { confirm: answer(false) });
  assert.deepEqual([no.exitCode, no.out], [
    1,
    "Nothing was reverted; add --yes to revert without confirmation",
  ]);
  assert.match(
    questions[0]!,
    /^Would revert 2 migrations:\n\n-- 0002_create_prices\ndrop table prices;\n\n-- 0001_cr/,
  );
  assert.equal((await each.call("status")).exitCode, 0);
  assert.equal((await each.call("down", { confirm: answer(true) })).out, "Reverted 1 migration");
  assert.equal((await each.call("down --yes")).out, "Reverted 1 migration");
  assert.equal(questions.length, 2);
  assert.equal((await each.call("down --yes")).out, "Nothing to revert");
});

test("down reverts no more than it has shown, even if somebody else was faster", async () => {
  await using each = await project();
  await each.call("up");
  const confirm = async () => {
    await each.call("down --yes");
    return true;
  };
  assert.equal((await each.call("down", { confirm })).out, "Reverted 0 migrations");
  assert.match((await each.call("status")).out, /0001_create_items +applied/);
});

test("create writes the next file, which is not applied before it has SQL", async () => {
  await using each = await project();
  const { out } = await each.call("create Add-prices!");
  assert.equal(out, `Wrote ${each.folder}/0003_add_prices.sql`);
  assert.equal(
    await readFile(join(each.folder, "0003_add_prices.sql"), "utf8"),
    "-- migrate:up\n\n-- migrate:down\n",
  );
  const { exitCode, errors } = await each.call("up");
  assert.equal(exitCode, 1);
  assert.equal(errors, "0003_add_prices.sql:1: there is no SQL after `-- migrate:up`");
});

test("create follows the style of the versions, and makes the folder", async () => {
  await using each = await project();
  const migrations = join(each.folder, "deep", "er");
  const names = [];
  for (const title of ["a", "b"]) names.push((await each.call(`create ${title}`, { migrations })).out);
  assert.deepEqual(names, [`Wrote ${migrations}/0001_a.sql`, `Wrote ${migrations}/0002_b.sql`]);
  await writeFile(join(migrations, "20260101120000_c.sql"), "-- migrate:up\nselect 1;");
  for (const name of ["0001_a.sql", "0002_b.sql"]) {
    await writeFile(join(migrations, name), "-- migrate:up\nselect 1;");
  }
  await each.call("create d", { migrations });
  assert.match((await readdir(migrations)).sort().at(-1)!, /^20\d{12}_d\.sql$/);
});

test("create --autogenerate compares with the tables that a module exports", async () => {
  await using each = await project();
  const tables = fileURLToPath(new URL("./_tables.ts", import.meta.url));
  await each.call("up");
  await each.db.sql`drop table prices`;
  const shown = await each.call(`create tables --autogenerate --dry-run --tables=${tables}`);
  assert.match(
    shown.out,
    /^-- migrate:up\n[^]*CREATE TABLE "prices"[^]*\n-- migrate:down\n[^]*DROP TABLE "prices";/,
  );
  assert.match(
    (await each.call(`create tables --autogenerate --tables=${tables}`)).out,
    /^Wrote .*0003_tables\.sql$/,
  );
  assert.equal((await each.call("up")).exitCode, 0);
  assert.equal(
    (await each.call(`create more --autogenerate --tables=${tables}`)).out,
    "Nothing to do: the database has the tables of the code",
  );
  const none = fileURLToPath(new URL("./_migrations.ts", import.meta.url));
  const { exitCode, errors } = await each.call(`create more --autogenerate --tables=${none}`);
  assert.equal(exitCode, 1);
  assert.match(errors, /to export tables, and it exports none$/);
});

test("baseline says where Alembic stood, and repair what it did", async () => {
  await using each = await project();
  await each.db.sql`create table alembic_version (version_num text)`;
  await each.db.sql`insert into alembic_version values ('1975ea83b712')`;
  assert.equal(
    (await each.call("baseline --to=1 --from-alembic")).out,
    "Alembic stood at 1975ea83b712\nMarked as applied: 0001_create_items",
  );
  assert.match((await each.call("status")).out, /baseline {2}.* {2}Alembic stood at 1975ea83b712\n/);
  await rm(join(each.folder, "0001_create_items.sql"));
  const refused = await each.call("repair");
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.errors,
    /^Expected how to repair: .*\n- 0001_create_items is applied, and its file is missing/,
  );
});

test("repair names what was wrong and what it is now", async () => {
  await using each = await project();
  const { name, sql } = plainMigration("0003_p", "select 1; select 1/0;");
  await writeFile(join(each.folder, name), sql);
  const failed = await each.call("up");
  assert.equal(failed.exitCode, 1);
  assert.match(
    failed.errors,
    /0003_p\.sql:2: division by zero \(22012\); 1 of the 2 statements took effect and stay/,
  );
  assert.equal((await each.call("repair --unfinished=applied")).out, "0003_p: was unfinished, is applied");
  assert.equal((await each.call("status")).exitCode, 0);
  assert.equal((await each.call("repair --unfinished=applied")).out, "Nothing to repair");
});

const WRONG: Record<string, RegExp> = {
  nope: /^Expected a command of up, down, .*, got "nope"\nSee --help$/,
  "up --nope": /^Unknown option '--nope'/,
  "up --yes": /^`up` takes no --yes/,
  "up 0001": /^`up` takes no "0001"/,
  create: /^Expected a name that says what the migration does: create <name>/,
  "create a b": /^`create` takes no "b"/,
  "create a --tables=x": /^--tables is for --autogenerate/,
  "create a --autogenerate": /^Expected the module of the tables: --tables=<module>/,
  baseline: /^Expected the newest version that the database has already: baseline --to=<version>/,
  "repair --edited=yes": /^Expected --edited to be accept, got "yes"/,
  "status --wait=long": /^Expected --wait to be seconds, got "long"/,
};
for (const [line, message] of Object.entries(WRONG)) {
  test(`\`${line}\` is wrong usage, and exits with 2`, async () => {
    const errors: string[] = [];
    const database = { url: "postgres://127.0.0.1:1/none" };
    const printError = (text: string) => errors.push(text);
    assert.equal(await migrateCommand(line.split(" "), { database, print: () => {}, printError }), 2);
    assert.match(errors.join("\n"), message);
  });
}

test("a database that does not answer is said without its password", async () => {
  await using each = await project();
  const { exitCode, errors } = await each.call("up", { database: "postgres://app:hunter2@127.0.0.1:1/none" });
  assert.equal(exitCode, 1);
  assert.match(errors, /ECONNREFUSED|refused/i);
  assert.doesNotMatch(errors, /hunter2/);
});

function start(each: Awaited<ReturnType<typeof project>>, ...args: string[]): RunningChild {
  return startScript(new URL("./_command_child.ts", import.meta.url), [
    ...args,
    `--dir=${each.folder}`,
  ], {
    env: { ...process.env, DATABASE_URL: `${each.db.url}?connect_timeout=120`, NO_COLOR: "1" },
  });
}

test("as a process it reads DATABASE_URL, and without a terminal reverts nothing", async () => {
  await using each = await project();
  await using up = start(each, "up", `--schema=${each.db.schema}`);
  assert.equal(await up.exited(), 0, up.out() + up.errors());
  await using down = start(each, "down", `--schema=${each.db.schema}`);
  assert.equal(await down.exited(), 1, down.out());
  assert.match(down.out() + down.errors(), /Nothing was reverted; add --yes/);
});

test("Ctrl-C rolls back the file that runs, keeps those before, and exits with 130", async () => {
  await using each = await project();
  const { name, sql } = migration("0003_slow", "create table slow (id int); select pg_sleep(3600);");
  await writeFile(join(each.folder, name), sql);
  await using up = start(each, "up", `--schema=${each.db.schema}`);
  const output = () => up.out() + up.errors();
  await up.reaches(() => output().includes("applying 0003_slow"));
  await up.reaches(async () =>
    (await each.db.sql`select from pg_stat_activity where position(${each.db.schema} in query) > 0
      and wait_event = 'PgSleep'`).length > 0
  );
  up.signal("SIGINT");
  assert.equal(await up.exited(), 130, output());
  assert.match(output(), /stopping; press again to exit at once/);
  assert.match(
    output(),
    /Stopped: applied before that: 0001_create_items, 0002_create_prices; the file that was running was rol/,
  );
  assert.equal((await each.db.sql`select to_regclass('slow') as slow`)[0]?.["slow"], null);
  assert.match((await each.call("status")).out, /1 migration to apply$/);
});
