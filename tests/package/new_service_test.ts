/** Installs what `glam new` wrote as its README says, with the real installers, tests it, starts it and asks it for something. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { toJson } from "../../cli/templates/to_json.ts";
import { envPrefix } from "../../internal/environment.ts";
import { tarball } from "../../scripts/_consumer.ts";
import { writeJsrPackage } from "../../scripts/_jsr.ts";
import { bun, node, tools } from "../../scripts/tools.ts";
import { type ChildResult, runChild, startChild } from "../_support/child_process.ts";
import { bareEnvironment, glam } from "../cli/_glam.ts";
import { urlOf } from "../cli/_new_service.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { buildImage } from "./_image.ts";
import { parse } from "yaml";

interface Installer {
  readonly runtime: "bun" | "deno" | "node";
  /** Its name: a short one and a long one, too, as lines are as wide as it. */
  readonly service: string;
  /** The program, and what it is given before its arguments. */
  command(): Promise<readonly string[]>;
  readonly install: readonly string[];
  readonly run: readonly string[];
  /** Whether the Dockerfile installs with it. */
  readonly hasImage?: boolean;
}

const installers: Readonly<Record<string, Installer>> = {
  deno: {
    runtime: "deno",
    service: "orders",
    command: () => Promise.resolve([Deno.execPath()]),
    install: ["install"],
    run: ["task"],
  },
  bun: {
    runtime: "bun",
    service: "a",
    command: async () => [await bun()],
    install: ["install"],
    run: ["run"],
  },
  npm: {
    runtime: "node",
    service: "catalog-connector",
    command: async () => [await node(), `${await tools("installers")}/npm/bin/npm-cli.js`],
    install: ["install", "--no-audit", "--no-fund"],
    run: ["run"],
  },
  pnpm: {
    runtime: "node",
    service: "notification-preferences-synchronization",
    command: async () => [await node(), `${await tools("installers")}/pnpm/bin/pnpm.cjs`],
    install: ["install"],
    run: ["run"],
    hasImage: false,
  },
};

for (
  const [name, { runtime, service, command, install, run, hasImage = true }] of Object.entries(installers)
) {
  describe(`a new service that ${name} installs`, () => {
    let parent: string;
    let folder: string;
    before(async () => {
      parent = await mkdtemp(join(tmpdir(), "glam-install-"));
      const { code, errors } = await glam(["new", service, "--runtime", runtime], { cwd: parent });
      assert.equal(code, 0, errors);
      folder = join(parent, service);
      await pointAtPackage(folder, join(parent, "jsr"));
    });
    after(() => rm(parent, { recursive: true, force: true }));

    async function call(...args: string[]): Promise<ChildResult> {
      const [program, ...before] = await command();
      return await runChild(program!, [...before, ...args], { cwd: folder, env: await environment() });
    }

    test("has versions that fit each other", async () => {
      const { code, out, errors } = await call(...install);
      assert.equal(code, 0, out + errors);
      assert.doesNotMatch(out + errors, /peer|ERESOLVE/i);
    });

    test("passes what its CI checks: format, lint and types", async () => {
      const { code, out, errors } = await call(...run, "check");
      assert.equal(code, 0, out + errors);
    });

    test("passes its own tests", async () => {
      const { code, out, errors } = await call(...run, "test");
      assert.equal(code, 0, out + errors);
      assert.match(out + errors, /counts each item by the event that was published with it/);
      // The next run starts its Postgres from this, in a tenth of the time.
      assert.deepEqual(await readdir(join(folder, ".data")), ["empty_postgres.tar.gz"]);
    });

    if (!hasImage) {
      test("starts and answers", async () => {
        const [program, ...before] = await command();
        const env = { ...await environment(), PORT: "0" };
        await using running = startChild(program!, [...before, ...run, "start"], { cwd: folder, env });
        assert.equal((await post(await urlOf(running))).status, 201);
      });
      return;
    }

    test("has an image that migrates, starts, is healthy, answers and stops in order", async () => {
      await using db = await createTestDatabase();
      const servers = {
        DATABASE_URL: db.url,
        [`${envPrefix(service)}_DATABASE__SCHEMA`]: db.schema,
        [`${envPrefix(service)}_GRACE_MS`]: "0",
      };
      const { folder: cwd, env, entrypoint, healthCheck } = await buildImage({
        source: folder,
        folder: join(parent, "image"),
        env: { ...await environment(), ...servers, PORT: "0" },
        programs: { npm: await command() },
      });
      const compose = parse(await readFile(join(folder, "compose.yaml"), "utf8"));
      const [program, ...args] = [...compose.services.migrate.entrypoint, "--schema", db.schema];
      const migrated = await runChild(program, args, { cwd, env });
      assert.equal(migrated.out, "Applied 2 migrations\n", migrated.errors);

      await using running = startChild(entrypoint[0]!, entrypoint.slice(1), { cwd, env });
      const url = await urlOf(running);
      const health = async (PORT: string) =>
        (await runChild(healthCheck[0]!, healthCheck.slice(1), { cwd, env: { ...env, PORT } })).code;
      assert.equal(await health(new URL(url).port), 0);
      assert.equal(await health("1"), 1, "where nobody answers");
      assert.equal((await post(url)).status, 201);
      assert.equal((await fetch(`${url}/docs`)).status, 404, "it is production");
      running.signal("SIGTERM");
      assert.equal((await running.ended()).code, 0, running.out());
    });
  });
}

async function post(url: string): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  return await fetch(`${url}/items`, { method: "POST", headers, body: '{"name":"Lipstick"}' });
}

/** Puts the packed package in place of the published one, and changes nothing else. */
async function pointAtPackage(folder: string, jsr: string): Promise<void> {
  const deno = await readFile(join(folder, "deno.json"), "utf8").catch(() => undefined);
  if (deno !== undefined) {
    await writeJsrPackage(await tarball(), jsr);
    await writeFile(join(folder, "deno.json"), toJson({ ...JSON.parse(deno), links: [jsr] }));
    return;
  }
  const path = join(folder, "package.json");
  const manifest = await readFile(path, "utf8");
  const published = /"npm:@jsr\/glam__shared@[^"]*"/;
  assert.match(manifest, published);
  await writeFile(path, manifest.replace(published, JSON.stringify(`file:${await tarball()}`)));
}

/** Where `node` and `bun` are those of the tests. */
async function environment(): Promise<Record<string, string>> {
  const folders = [await node(), await bun(), Deno.execPath()].filter((path) => path.includes("/")).map((
    path,
  ) => dirname(path));
  return { ...bareEnvironment(), PATH: [...folders, process.env["PATH"]].join(":"), NO_COLOR: "1" };
}
