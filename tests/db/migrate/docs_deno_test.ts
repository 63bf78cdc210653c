import { Migrator } from "@glam/shared/db";
import assert from "node:assert/strict";
import { test } from "node:test";
import { copyTemplate } from "../../_support/pglite.ts";
import { createTestDatabase } from "../../_support/postgres.ts";
import { VERBS } from "../../../db/migrate/command_verbs.ts";
import { names } from "./_migrations.ts";

const root = new URL("../../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/migrations.md", root));

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map((match) =>
    match[1]!
  );
}

/** The first column of the table whose heading is `heading`. */
function tableOf(heading: string): string[] {
  const lines = page.slice(page.indexOf(`| ${heading} `)).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(2, end).map((line) => /`([^` ]+)/.exec(line)![1]!);
}

test("the SQL of the page is applied and reverted by a real server", async () => {
  await using db = await createTestDatabase();
  const migrations = blocks("sql").map((sql) => ({ name: /^-- migrations\/(\S+)$/m.exec(sql)![1]!, sql }));
  const migrator = new Migrator(db, { migrations });
  assert.deepEqual(names(await migrator.up()), ["0001_create_items", "0003_index_items_name"]);
  assert.deepEqual(names(await migrator.down({ to: "0" })), ["0003_index_items_name", "0001_create_items"]);
  const columns = await db.sql<{ name: string }>`
    select attname as name from pg_attribute where attrelid = 'glam_migrations'::regclass and attnum > 0 order by attnum`;
  assert.deepEqual(tableOf("Column"), names(columns));
});

/** A folder for a PGlite: to make an empty one in memory takes it five seconds of a processor. */
async function pgliteFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = await Deno.makeTempDir();
  const path = `${parent}/data`;
  await copyTemplate(path);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(parent, { recursive: true }) };
}

test("the programs of the page print what the page says they print", async () => {
  const programs = blocks("ts");
  assert.equal(programs.length, 2);
  for (const program of programs) {
    await using data = await pgliteFolder();
    const path = await Deno.makeTempFile({ dir: new URL(".cache", root).pathname, suffix: ".ts" });
    try {
      await Deno.writeTextFile(path, program.replace("PGlite.create()", `PGlite.create("${data.path}")`));
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-all", path],
        env: { NO_COLOR: "1" },
        stderr: "inherit",
      }).output();
      const promised = [...program.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]!);
      assert.ok(promised.length > 0);
      assert.deepEqual(new TextDecoder().decode(stdout).trimEnd().split("\n"), promised);
    } finally {
      await Deno.remove(path);
    }
  }
});

test("the tables of the page name every option and every command", async () => {
  const source = (path: string) => Deno.readTextFile(new URL(`db/migrate/${path}`, root));
  const options = /export interface MigratorOptions \{([^]*?)\n\}/.exec(await source("options.ts"))![1]!;
  assert.deepEqual(tableOf("Option"), [...options.matchAll(/readonly (\w+)\?/g)].map((match) => match[1]!));
  assert.deepEqual(tableOf("Command"), Object.keys(VERBS));
});
