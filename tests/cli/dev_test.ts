import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createTestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { glam, startGlam } from "./_glam.ts";
import { counted, type DevService, devService, interrupt, urlOf } from "./_dev_service.ts";

const post = {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: '{"name":"Lipstick"}',
};

describe("glam dev", () => {
  let service: DevService;
  before(async () => {
    service = await devService();
  });
  after(() => service[Symbol.asyncDispose]());

  it("runs the service on the servers that are installed, and again after each change", async () => {
    await using running = service.start([], service.withServers);
    const url = await urlOf(running);
    assert.match(running.errors(), /Postgres: .*\.data\/postgres, at postgres:\/\//);
    assert.match(running.errors(), /NATS: .*\.data\/nats, at nats:\/\//);
    assert.match(running.errors(), /Applied 2 migrations/);
    await running.reaches(() => running.errors().includes("Ctrl-C stops it"), "it has said everything");
    for (const page of ["docs", "ops/"]) {
      assert.ok(running.errors().includes(`${url}/${page}\n`), running.errors());
      assert.equal((await fetch(`${url}/${page}`)).status, 200);
    }
    assert.equal((await fetch(`${url}/items`, post)).status, 201);
    await waitFor(async () => await counted(url) === 1, "the item is counted");

    const missing = async () =>
      (await (await fetch(`${url}/items/${crypto.randomUUID()}`)).json()).error.message as string;
    assert.equal(await missing(), "No such item");
    await service.edit("app.ts", (text) => text.replace("No such item", "It is not here"));
    await running.reaches(() => running.errors().includes("It is back"), "it has started again");
    assert.match(running.errors(), /Changed: app\.ts/);
    assert.equal(await missing(), "It is not here");
    assert.equal(await counted(url), 1, "the servers have gone on");

    await writeFile(
      join(service.folder, "migrations/0003_note.sql"),
      "-- migrate:up\ncreate table note ();\n",
    );
    await running.reaches(() => running.errors().includes("Applied 1 migration\n"), "it has migrated");

    const starts = () => running.errors().match(/service {2}|It is back/g)?.length;
    await running.reaches(() => starts() === 3, "it has started again");

    await using second = service.start([], service.withServers);
    assert.equal((await second.ended()).code, 1);
    assert.match(second.errors(), /is in use by process/);

    await interrupt(running);
    assert.match(running.out(), /in_order=true\] - Service stopped\n$/);
    const database = /at (postgres:\S+)/.exec(running.errors())![1]!;
    const nats = /at (nats:\S+)/.exec(running.errors())![1]!;
    for (const url of [database, nats]) {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      await assert.rejects(once(socket, "connect"), /ECONNREFUSED/, `${url} has stopped with it`);
    }
  });

  it("takes the servers that .env names, and migrates none of them", async () => {
    await using db = await createTestDatabase();
    const variables = `DATABASE_URL=${db.url}\nORDERS_DATABASE__SCHEMA=${db.schema}\n`;
    await writeFile(join(service.folder, ".env"), variables);
    await using running = service.start(["--embedded"]);
    await running.reaches(
      () => /3 migrations are not applied/.test(running.errors()),
      "it says what is missing",
    );
    await running.reaches(() => /ended with 1/.test(running.errors()), "it waits");
    assert.match(running.errors(), /Postgres: the one that the configuration names/);
    await interrupt(running);
    await rm(join(service.folder, ".env"));
  });

  it("runs another command, and says what it takes where there is none", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "glam-dev-"));
    const none = await glam(["dev"], { cwd });
    assert.equal(none.code, 2);
    assert.match(
      none.errors,
      /^glam: There is no task `start` in .*; say what to run: glam dev -- <command>$/m,
    );
    await writeFile(join(cwd, "package.json"), '{"scripts":{"start":"tsc && node main.js"}}');
    const several = await glam(["dev"], { cwd });
    assert.equal(several.code, 2);
    assert.match(
      several.errors,
      /Expected the task `start` of package\.json to be one plain command, got "tsc/,
    );

    await using running = startGlam(["dev", "--", "sh", "-c", "echo $APP_ENV; exit 3"], { cwd });
    await running.reaches(() => running.errors().includes("ended with 3"), "it has ended");
    assert.equal(running.out(), "dev\n");
    await interrupt(running);
    await rm(cwd, { recursive: true });
  });
});
