import { connectDatabase } from "@glam/shared/db";
import { ConfigError } from "@glam/shared/errors";
import { embeddedPostgres } from "@glam/shared/testing";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { copyTemplate } from "../_support/pglite.ts";

describe("embeddedPostgres", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "glam-embedded-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("is a database in memory that serves a pool, and is gone when it is closed", async () => {
    for (const expected of [[], []]) {
      await using postgres = await embeddedPostgres();
      await using db = await connectDatabase(postgres);
      assert.deepEqual(
        (await db.sql`select tablename from pg_tables where schemaname = 'public'`).map((row) => row),
        expected,
      );
      await db.transaction(async (tx) => {
        await tx`create table notes (id int primary key)`;
        await tx`insert into notes values (7)`;
      });
      assert.equal((await db.sql<{ id: number }>`select id from notes`)[0]?.id, 7);
    }
  });

  it("keeps its data in a folder from one start to the next", async () => {
    const dataDir = join(folder, "kept");
    for (const step of ["write", "read"]) {
      await using postgres = await embeddedPostgres({ dataDir });
      await using db = await connectDatabase(postgres);
      if (step === "write") await db.sql`create table kept as select 41 as id`;
      assert.equal((await db.sql<{ id: number }>`select id from kept`)[0]?.id, 41);
    }
  });

  it("stops with the database that is connected to it", async () => {
    const dataDir = join(folder, "together");
    await copyTemplate(dataDir);
    for (let start = 0; start < 2; start++) {
      const db = await connectDatabase(await embeddedPostgres({ dataDir }));
      await db.sql`create table if not exists notes (id int primary key)`;
      await db.close();
    }
  });

  it("has its folder for itself in this process, and releases it when it is closed", async () => {
    const dataDir = join(folder, "twice");
    await copyTemplate(dataDir);
    const first = await embeddedPostgres({ dataDir });
    await assert.rejects(embeddedPostgres({ dataDir }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(
        error.message,
        `${dataDir} is in use by process ${process.pid}: stop that, or take another folder`,
      );
      return true;
    });
    await Promise.all([first.close(), first.close()]);
    await assert.rejects(access(`${dataDir}.pid`));
    await using _ = await embeddedPostgres({ dataDir });
  });

  it("leaves a folder alone that another process has, and takes over that of one that is gone", async () => {
    const dataDir = join(folder, "other");
    await copyTemplate(dataDir);
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    await writeFile(`${dataDir}.pid`, String(process.ppid));
    await assert.rejects(embeddedPostgres({ dataDir }), {
      name: "ConfigError",
      message: `${dataDir} is in use by process ${process.ppid}: stop that, or take another folder`,
    });
    await writeFile(`${dataDir}.pid`, String(child.pid));
    await using _ = await embeddedPostgres({ dataDir });
  });

  it("copies an empty database from a file that it makes, and makes anew where that is of no use", async () => {
    const template = join(folder, "templates", "empty.tar.gz");
    const sizes: number[] = [];
    for (const step of ["make", "copy", "replace"]) {
      if (step === "replace") await writeFile(template, "not an archive");
      await using postgres = await embeddedPostgres({ template });
      await using db = await connectDatabase(postgres);
      await db.sql`create table notes (id int primary key)`; // which none of the others has
      sizes.push((await stat(template)).size);
    }
    const [made, copied, replaced] = sizes;
    assert.ok(made! > 1_000_000, `${made} bytes`);
    assert.equal(copied, made);
    assert.ok(replaced! > 1_000_000, `${replaced} bytes`);
    assert.deepEqual(await readdir(join(folder, "templates")), ["empty.tar.gz"]);
  });

  it("refuses an empty name, and a template of a folder that keeps its own data", async () => {
    await assert.rejects(embeddedPostgres({ dataDir: "" }), TypeError);
    await assert.rejects(embeddedPostgres({ template: "" }), TypeError);
    await assert.rejects(embeddedPostgres({ dataDir: "a", template: "b" }), TypeError);
  });
});
