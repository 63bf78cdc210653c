import assert from "node:assert/strict";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { describe, test } from "node:test";
import { loadConfig } from "@glam/shared/config";
import * as z from "zod";
import { createProject, load, loadWithWarnings, problems, toLine } from "./_support.ts";

const schema = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string(), e: z.string() });

describe("the sources", () => {
  test("stand on top of each other: shared, service, environment's file, .env, environment", async () => {
    const files = {
      "config/shared.yml": "{ a: shared, b: shared, c: shared, d: shared, e: shared }",
      "catalog.yml": "{ b: service, c: service, d: service, e: service }",
      "catalog.prod.yml": "{ c: prod, d: prod, e: prod }",
      ".env": "CATALOG_D=dotenv\nCATALOG_E=dotenv",
    };
    const config = await load(files, { schema, env: { APP_ENV: "prod", CATALOG_E: "environment" } });
    assert.deepEqual(config, { a: "shared", b: "service", c: "prod", d: "dotenv", e: "environment" });
  });

  test("have APP_ENV from .env, before it picks the file", async () => {
    const files = {
      "catalog.yml": "a: service",
      "catalog.staging.yml": "a: staging",
      ".env": "APP_ENV=staging",
    };
    const schema = z.object({ a: z.string() });
    assert.deepEqual(await load(files, { schema }), { a: "staging" });
    assert.deepEqual(await load(files, { schema, env: { APP_ENV: "test" } }), { a: "service" });
    assert.deepEqual(await load(files, { schema, env: { APP_ENV: "" } }), { a: "staging" });
  });

  test("are those of dev unless APP_ENV says otherwise, in any case", async () => {
    const files = { "catalog.yml": "a: service", "catalog.dev.yml": "a: dev", "catalog.prod.yml": "a: prod" };
    const schema = z.object({ a: z.string() });
    assert.deepEqual(await load(files, { schema }), { a: "dev" });
    assert.deepEqual(await load(files, { schema, env: { APP_ENV: "PROD" } }), { a: "prod" });
  });

  test("refuse an APP_ENV that leads out of the folder", async () => {
    const schema = z.object({});
    const files = { ".env": "APP_ENV=../../etc/x" };
    assert.deepEqual(await problems(files, { schema }), [
      ' | .env:1 (APP_ENV) | expected a name of letters, digits, ".", "_" and "-"',
    ]);
  });

  test("need not be there", async () => {
    assert.deepEqual(await load({}, { schema: z.object({ a: z.int().default(3) }) }), { a: 3 });
    const files = { "config/shared.yml": "", "catalog.yml": "# nothing yet\n", ".env": "" };
    assert.deepEqual(await load(files, { schema: z.object({ a: z.int().default(3) }) }), { a: 3 });
  });

  test("leave the environment of the process as it is", async () => {
    const before = { ...process.env };
    await load({ ".env": "CATALOG_A=1" }, { schema: z.object({ a: z.int() }) });
    assert.deepEqual({ ...process.env }, before);
  });
});

describe("merging", () => {
  const files = (service: string) => ({
    "config/shared.yml": "map: { x: 1, deep: { y: 2, z: 3 } }\nlist: [1, 2, 3]\nscalar: 1\n",
    "catalog.yml": service,
  });
  const schema = z.object({ map: z.any(), list: z.any(), scalar: z.any() });

  test("merges maps at every depth and replaces lists", async () => {
    assert.deepEqual(await load(files("map: { deep: { z: 4 }, w: 5 }\nlist: [9]"), { schema }), {
      map: { x: 1, deep: { y: 2, z: 4 }, w: 5 },
      list: [9],
      scalar: 1,
    });
  });

  test("replaces a map by what is none, and what is none by a map", async () => {
    assert.deepEqual(await load(files("map: 7\nscalar: { a: 1 }\nlist: null"), { schema }), {
      map: 7,
      scalar: { a: 1 },
      list: null,
    });
  });

  test("takes null for a value that is left out again, where the schema has no null", async () => {
    const schema = z.object({
      map: z.object({ x: z.int().default(9), deep: z.any() }),
      list: z.any(),
      scalar: z.int().nullable(),
    });
    const config = await load(files("map: { x: null }\nscalar:\n"), { schema });
    assert.equal(config.map.x, 9);
    assert.equal(config.scalar, null);
  });
});

describe("the root", () => {
  const schema = z.object({ a: z.string() });

  test("is the nearest parent of the current folder with a configuration", async () => {
    await using outer = await createProject({
      "config/shared.yml": "a: outer",
      "inner/config/services/catalog.yml": "a: inner",
    });
    await using _ = await inFolder(outer, "inner/deep/down");
    const config = await loadConfig({ service: "catalog", schema, env: {} });
    assert.deepEqual(config, { a: "inner" });
  });

  test("may have only config/shared.yml, or a config/ of somebody else between", async () => {
    await using outer = await createProject({ "config/shared.yml": "a: outer", "app/config/webpack.js": "" });
    await using _ = await inFolder(outer, "app/src");
    assert.deepEqual(await loadConfig({ service: "catalog", schema, env: {} }), { a: "outer" });
  });

  test("is the current folder where no parent has one", async () => {
    await using project = await createProject({ "app/.env": "CATALOG_A=dotenv" });
    await using _ = await inFolder(project, "app");
    assert.deepEqual(await loadConfig({ service: "catalog", schema, env: {} }), { a: "dotenv" });
  });

  test("is a path or a file URL", async () => {
    await using project = await createProject({ "catalog.yml": "a: there" });
    for (const root of [project.root, pathToFileURL(project.root), pathToFileURL(project.root).href]) {
      assert.deepEqual(await loadConfig({ service: "catalog", schema, env: {}, root }), { a: "there" });
    }
  });
});

describe("a file that cannot be read", () => {
  const schema = z.object({ a: z.string().default("") });

  test("is a problem when it is a folder, or is not UTF-8", async () => {
    await using project = await createProject({ "config/shared.yml/x": "" });
    await project.write("catalog.yml", new Uint8Array([0x61, 0x3a, 0xff]));
    const loading = loadConfig({ service: "catalog", schema, env: {}, root: project.root });
    await assert.rejects(loading, (error: Error & { problems: { source: string; message: string }[] }) => {
      assert.deepEqual(error.problems.map(({ source, message }) => `${source}: ${message}`), [
        "config/shared.yml: it cannot be read (EISDIR)",
        "config/services/catalog.yml: it is not UTF-8",
      ]);
      return true;
    });
  });

  test("is a problem when it is no map", async () => {
    for (const text of ["- 1", "text", "7"]) {
      assert.deepEqual(await problems({ "catalog.yml": text }, { schema }), [
        " | config/services/catalog.yml | expected a map at the top",
      ]);
    }
  });

  test("is warned of when its name ends in .yaml", async () => {
    const { warnings } = await loadWithWarnings({ "catalog.yaml": "a: x" }, { schema });
    assert.deepEqual(warnings.map(toLine), [
      " | config/services/catalog.yaml | this file is not read; rename it to config/services/catalog.yml",
    ]);
  });

  test("hides no problem of the others, and what is missing may be in it", async () => {
    const schema = z.object({ a: z.string(), b: z.int() });
    assert.deepEqual(await problems({ "config/shared.yml": "b: x", "catalog.yml": "a: [" }, { schema }), [
      " | config/services/catalog.yml:1 | not YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
      "b | config/shared.yml:1 | expected number, received string",
    ]);
  });
});

async function inFolder(project: { root: string }, folder: string): Promise<AsyncDisposable> {
  const { mkdir } = await import("node:fs/promises");
  const before = process.cwd();
  await mkdir(`${project.root}/${folder}`, { recursive: true });
  process.chdir(`${project.root}/${folder}`);
  return { [Symbol.asyncDispose]: () => Promise.resolve(process.chdir(before)) };
}
