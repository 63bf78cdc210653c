import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { RunningChild } from "../_support/child_process.ts";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { glam } from "./_glam.ts";
import { type NewService, newService, runtime, urlOf } from "./_new_service.ts";

const post = {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: '{"name":"Lipstick"}',
};

// tests/package runs its own tests, with each installer.
describe("a service that glam new wrote", () => {
  let service: NewService;
  before(async () => {
    service = await newService("orders");
  });
  after(() => service[Symbol.asyncDispose]());

  async function stop(running: RunningChild): Promise<number | null> {
    running.signal("SIGTERM");
    return (await running.ended()).code;
  }

  async function counted(url: string): Promise<number> {
    const body = await (await fetch(`${url}/counts`)).json() as { data: { items: number }[] };
    assert.ok(Array.isArray(body.data), JSON.stringify(body));
    const { data } = body;
    return data.reduce((sum, { items }) => sum + items, 0);
  }

  it("has the files that its README tells of, and the command says what comes next", async () => {
    const { code, out, errors } = service.written;
    assert.deepEqual([code, errors], [0, ""]);
    assert.match(out, /^Wrote \d+ files to orders\. Next:\n\n {2}cd orders\n/);
    const files = await readdir(service.folder);
    const sources = ["main", "app", "config", "endpoints", "events", "listener", "tables"];
    for (
      const name of [
        ...sources.map((source) => `${source}.ts`),
        "README.md",
        ".env.example",
        "Dockerfile",
        "compose.yaml",
      ]
    ) {
      assert.ok(files.includes(name), name);
    }
    assert.equal(files.includes("deno.json"), runtime === "deno");
    assert.equal(files.includes("package.json"), runtime !== "deno");
  });

  it("starts with nothing set up, shows /docs and /ops in development, stops with 0, and keeps its data", async () => {
    await using first = service.start("start", [], { env: { PORT: "0", APP_ENV: "dev" } });
    const url = await urlOf(first);
    const page = await (await fetch(`${url}/docs`)).text();
    for (const text of ["Add an item", "An item was created"]) assert.ok(page.includes(text), text);
    const document = await (await fetch(`${url}/openapi.json`)).json() as { paths: object };
    assert.ok("/items/{id}" in document.paths);
    const ops = await fetch(`${url}/ops/`);
    assert.equal(ops.status, 200);
    assert.match(await ops.text(), /Dead letters/);
    const created = await fetch(`${url}/items`, post);
    assert.equal(created.status, 201);
    const { data } = await created.json() as { data: { id: string } };
    await waitFor(async () => await counted(url) === 1, "the item is counted");
    assert.equal(await stop(first), 0, first.out() + first.errors());
    await using second = service.start("start", [], { env: { PORT: "0" } });
    const again = await urlOf(second);
    for (const path of ["/docs", "/ops/"]) assert.equal((await fetch(`${again}${path}`)).status, 404);
    const kept = await fetch(`${again}/items/${data.id}`);
    assert.equal(kept.status, 200);
    await kept.body?.cancel();
    assert.equal(await counted(again), 1);
    assert.equal(await stop(second), 0, second.out() + second.errors());
  });

  it("runs on Postgres and NATS by two variables, and glam with it", async () => {
    await using server = await startNats({ accounts: false });
    await using db = await createTestDatabase();
    const servers = { DATABASE_URL: db.url, NATS_SERVERS: server.url };
    const env = { ...servers, ORDERS_DATABASE__SCHEMA: db.schema, PORT: "0" };
    const call = (...args: string[]) => service.run("glam", args, { env });
    const refused = await service.run("start", [], { env });
    assert.equal(refused.code, 1);
    assert.match(refused.out + refused.errors, /2 migrations are not applied/);

    const up = await call("migrate", "up", "--schema", db.schema);
    assert.equal(up.out, "Applied 2 migrations\n", up.errors);
    const same = await call("migrate", "create", "nothing", "--autogenerate", "--schema", db.schema);
    assert.equal(same.out, "Nothing to do: the database has the tables of the code\n", same.errors);

    await using running = service.start("start", [], { env });
    const address = await urlOf(running);
    assert.equal((await fetch(`${address}/items`, post)).status, 201);
    await waitFor(async () => await counted(address) === 1, "the item is counted");
    const tail = await call("events", "tail", "--since", "1h", "--count", "1", "--json");
    assert.equal(JSON.parse(tail.out).body.data.name, "Lipstick");
    const status = JSON.parse((await call("outbox", "status", "--json", "--schema", db.schema)).out);
    assert.deepEqual([status.pending, status.dead, status.sent], [0, 0, 1]);
    const shown = await call("config", "show");
    assert.match(shown.out, /^database\.url +\[redacted\] +DATABASE_URL$/m);
    assert.match((await call("docs")).out, /^ {2}evt\.orders\.item\.created\.v1:$/m);
    assert.equal(await stop(running), 0, running.out() + running.errors());

    await using alone = service.start("start", [], { env });
    await urlOf(alone);
    await server.stop();
    await alone.reaches(() => /Message bus connection lost/.test(alone.out()), "it logs that NATS went away");
  });
});

describe("glam new", () => {
  it("writes for the runtime that is asked for, elsewhere, and never over what is there", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "glam-new-"));
    for (const each of ["bun", "deno", "node"]) {
      const args = ["new", "catalog-connector", "--runtime", each, "--into", `services/${each}`];
      assert.equal((await glam(args, { cwd })).code, 0);
      const files = await readdir(join(cwd, "services", each));
      assert.equal(files.includes("deno.json"), each === "deno");
      assert.equal(files.includes(".npmrc"), each !== "deno");
      assert.match(
        await readFile(join(cwd, "services", each, "config/services/catalog-connector.yml"), "utf8"),
        /^service:/,
      );
    }
    const { dependencies } = JSON.parse(await readFile(join(cwd, "services/node/package.json"), "utf8"));
    assert.match(dependencies["@glam/shared"], /^npm:@jsr\/glam__shared@\^\d/);
    const { errors } = await glam(["new", "services"], { cwd });
    assert.match(errors, /^glam: Cannot write to services: it is not empty; .*--into services$/m);
    await rm(cwd, { recursive: true });
  });

  it("writes beside what is there, and names what it would overwrite", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "glam-new-"));
    await writeFile(join(cwd, "LICENSE"), "mine");
    const { code, out } = await glam(["new", "orders", "--into", "."], { cwd });
    assert.equal(code, 0);
    assert.doesNotMatch(out, /\bcd\b/);
    assert.ok((await readdir(cwd)).includes("main.ts"));

    await writeFile(join(cwd, "app.ts"), "mine");
    for (const file of ["main.ts", "config.ts"]) await rm(join(cwd, file));
    const again = await glam(["new", "orders", "--into", "."], { cwd });
    assert.equal(again.code, 1);
    assert.match(
      again.errors,
      /^glam: Cannot write to \.: it has .*\bapp\.ts, .*, which nothing overwrites$/m,
    );
    assert.doesNotMatch(again.errors, /main\.ts/);
    assert.ok(!(await readdir(cwd)).includes("main.ts"), "nor is a part written");
    for (const file of ["app.ts", "LICENSE"]) assert.equal(await readFile(join(cwd, file), "utf8"), "mine");
    await rm(cwd, { recursive: true });
  });

  for (const name of ["Orders", "a b", "../x", "-x", "1st", "a--b", "x".repeat(41)]) {
    it(`takes ${JSON.stringify(name)} for no name`, async () => {
      const { code, errors } = await glam(["new", "--", name], { cwd: tmpdir() });
      assert.equal(code, 2);
      assert.match(
        errors,
        /^glam: Expected the name to (have|begin|end)/m,
      );
    });
  }
});
