import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { createTestDatabase, type TestDatabase } from "../_support/postgres.ts";
import { fixtures, glam, glamOnTerminal } from "./_glam.ts";

describe("glam migrate", () => {
  let db: TestDatabase;
  let cwd: string;
  let env: Record<string, string>;
  before(async () => {
    db = await createTestDatabase();
    // Beside the fixtures, where their imports are found.
    cwd = await mkdtemp(fileURLToPath(new URL(".migrate-", import.meta.url)));
    await cp(fixtures, cwd, { recursive: true });
    env = { DATABASE_URL: db.url };
  });
  after(async () => {
    await rm(cwd, { recursive: true });
    await db[Symbol.asyncDispose]();
  });
  const call = (...args: string[]) => glam(["migrate", ...args, "--schema", db.schema], { cwd, env });

  it("applies and says where the database stands, with its exit codes", async () => {
    const before = await call("status");
    assert.equal(before.code, 3);
    assert.match(before.out, /1 migration to apply$/m);
    const up = await call("up");
    assert.deepEqual([up.code, up.out], [0, "Applied 1 migration\n"]);
    assert.match(
      up.errors,
      /^applying 0001_create_orders \(1 of 1\)\napplied 0001_create_orders in \d+ ms\n$/,
    );
    assert.equal((await call("status")).code, 0);
    assert.equal((await call("verify")).out, "The files match the history\n");
  });

  it("takes the database from --database-url", async () => {
    const args = ["migrate", "status", "--json", "--database-url", db.url, "--schema", db.schema];
    const { code, out } = await glam(args, { cwd });
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).state, "current");
  });

  it("finds tables.ts for create --autogenerate", async () => {
    const { code, out } = await call("create", "add_note", "--autogenerate");
    assert.deepEqual([code, out], [0, "Wrote migrations/0002_add_note.sql\n"]);
    assert.match(await readFile(`${cwd}/migrations/0002_add_note.sql`, "utf8"), /ADD COLUMN "note"/);
    assert.equal((await call("up")).code, 0);
  });

  it("shows on a terminal how far it is, and asks there before it reverts", async () => {
    const args = ["migrate", "down", "--schema", db.schema];
    const no = await glamOnTerminal(args, { cwd, env, answer: "\n" });
    assert.match(no.out, /Revert 1 migration\? \[y\/N\]/);
    assert.equal(no.code, 1);
    const yes = await glamOnTerminal(args, { cwd, env, answer: "y\n" });
    assert.ok(
      yes.out.includes(`migrate down [${" ".repeat(24)}] 0/1\r\x1b[Kreverted 0002_add_note`),
      yes.out,
    );
    assert.equal(yes.code, 0);
    const refused = await call("down");
    assert.equal(refused.code, 1);
    assert.match(refused.out, /Nothing was reverted; add --yes/);
    assert.equal((await call("down", "--to=0", "--yes")).out, "Reverted 1 migration\n");
  });

  it("prints one document with --json, also of a failure, which standard error has in words", async () => {
    const { code, out, errors } = await glam(["migrate", "up", "--json", "--dir", "nowhere"], { cwd, env });
    assert.equal(code, 1);
    assert.equal(typeof JSON.parse(out).error.message, "string");
    assert.equal(errors, `${JSON.parse(out).error.message}\n`);
  });
});
