import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "@glam/shared/config";
import { GlamError } from "@glam/shared/errors";
import * as z from "zod";
import { withConsole } from "../logging/_capture.ts";
import { createProject, failure, load, loadWithWarnings, problems, toLine } from "./_support.ts";

const schema = z.object({
  database: z.object({ host: z.string(), port: z.int().max(65_535), pool_size: z.int().default(5) }),
  mode: z.enum(["fast", "safe"]),
  limits: z.record(z.string(), z.int()).default({}),
  feature: z.boolean().default(false),
});

describe("a ConfigError", () => {
  test("tells every problem at once, with path, source and what was expected", async () => {
    const files = {
      "config/shared.yml": "limits:\n  gold: many\n",
      "catalog.yml": "database:\n  port: 70000\n  pool_szie: 3\n",
      "catalog.dev.yml": "mode: quick\n",
      ".env": "\nCATALOG_FEATURE=maybe",
    };
    const error = await failure(files, { schema, env: { CATALOG_DATABASE__POOL_SIZE: "many" } });
    assert.equal(
      error.message,
      `Cannot load the configuration of "catalog": 7 problems
- database.pool_szie (config/services/catalog.yml:3): unknown key; did you mean "pool_size"?
- database.host: nothing sets it, expected string; set database.host in config/services/catalog.yml or CATALOG_DATABASE__HOST
- database.port (config/services/catalog.yml:2): Too big: expected number to be <=65535
- database.pool_size (CATALOG_DATABASE__POOL_SIZE): expected number, received string
- mode (config/services/catalog.dev.yml:1): expected one of "fast"|"safe"
- limits.gold (config/shared.yml:2): expected number, received string
- feature (.env:2 (CATALOG_FEATURE)): expected boolean, received string
Looked at: config/shared.yml, config/services/catalog.yml, config/services/catalog.dev.yml, .env`,
    );
    assert.deepEqual(error.problems[2], {
      path: "database.port",
      source: "config/services/catalog.yml:2",
      message: "Too big: expected number to be <=65535",
    });
  });

  test("is a GlamError of status 500 that shows a client nothing", async () => {
    const error = await failure({}, { schema });
    assert.ok(error instanceof GlamError);
    assert.equal(error.code, "CONFIG_ERROR");
    assert.deepEqual(error.details["problems"], error.problems);
    assert.doesNotMatch(await error.getResponse().text(), /database/);
  });

  test("lists 100 problems at most, and counts the rest", async () => {
    const limits = Array.from({ length: 150 }, (_, i) => `  l${i}: many`);
    const text = `limits:\n${limits.join("\n")}\n`;
    const strict = z.object({ limits: z.record(z.string(), z.int()) });
    const error = await failure({ "catalog.yml": text }, { schema: strict });
    assert.equal(error.problems.length, 100);
    assert.match(error.message, /: 150 problems\n/);
    assert.match(error.message, /\n- and 50 more\n/);
  });

  test("cuts a path of keys without end", async () => {
    const text = `limits:\n  ${"k".repeat(1000)}: many\n`;
    const strict = z.object({ limits: z.record(z.string(), z.int()) });
    const error = await failure({ "catalog.yml": text }, { schema: strict });
    assert.equal(error.problems[0]?.path, `limits.${"k".repeat(248)}…`);
  });

  test("says which files were looked for and are not there", async () => {
    const { message } = await failure({ "catalog.yml": "" }, { schema, env: { APP_ENV: "prod" } });
    assert.match(
      message,
      /\nLooked at: config\/shared\.yml \(not there\), config\/services\/catalog\.yml, config\/services\/catalog\.prod\.yml \(not there\), \.env \(not there\)$/,
    );
  });

  test("tells of a union what fits best, or all that would", async () => {
    const schema = z.object({
      a: z.union([z.int(), z.boolean(), z.literal("none")]),
      b: z.union([z.string(), z.object({ path: z.string(), size: z.int() })]),
      c: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("x"), n: z.int() }),
        z.object({ kind: z.literal("y") }),
      ]),
    });
    const files = { "catalog.yml": "a: some\nb:\n  path: p\n  size: big\nc: { kind: x, n: z }\n" };
    assert.deepEqual(await problems(files, { schema }), [
      'a | config/services/catalog.yml:1 | expected number or boolean or "none"',
      "b.size | config/services/catalog.yml:4 | expected number, received string",
      "c.n | config/services/catalog.yml:5 | expected number, received string",
    ]);
  });

  test("tells of a schema that throws, and of keys that do not fit", async () => {
    const schema = z.object({
      a: z.string().transform(() => {
        throw new RangeError("no such place");
      }),
      b: z.record(z.string().regex(/^[a-z]+$/, "only small letters"), z.int()),
    });
    assert.deepEqual(await problems({ "catalog.yml": "b: { A1: 1 }" }, { schema, env: { CATALOG_A: "x" } }), [
      " |  | the schema threw RangeError: no such place",
    ]);
    assert.deepEqual(
      await problems({ "catalog.yml": "b: { A1: 1 }" }, { schema: schema.omit({ a: true }) }),
      [
        "b.A1 | config/services/catalog.yml:1 | only small letters",
      ],
    );
  });

  test("tells what is missing in parts that nobody wrote, which are empty", async () => {
    const part = z.object({
      host: z.string(),
      port: z.int().default(1),
      deep: z.object({ on: z.boolean() }),
    });
    const schema = z.object({
      part,
      fine: z.object({ a: z.int().default(1), b: z.object({}) }),
      later: part.optional(),
    });
    const env = { CATALOG_PART__HOST: "h" };
    const missing = "part.deep.on |  | nothing sets it, expected boolean; " +
      "set part.deep.on in config/services/catalog.yml or CATALOG_PART__DEEP__ON";
    assert.deepEqual(await problems({}, { schema, env }), [missing]);
    assert.equal((await problems({}, { schema })).length, 2);
    assert.deepEqual(await load({}, { schema, env: { ...env, CATALOG_PART__DEEP__ON: "y" } }), {
      part: { host: "h", port: 1, deep: { on: true } },
      fine: { a: 1, b: {} },
    });
  });

  test("waits for what a schema waits for", async () => {
    const schema = z.object({
      a: z.string().refine(async (text) => await Promise.resolve(text === "x"), "expected x"),
    });
    assert.deepEqual(await load({}, { schema, env: { CATALOG_A: "x" } }), { a: "x" });
    assert.deepEqual(await problems({}, { schema, env: { CATALOG_A: "y" } }), ["a | CATALOG_A | expected x"]);
  });
});

describe("an unknown key", () => {
  const valid = "database: { host: h, port: 1 }\nmode: fast\n";

  test("is an error in the service's files, at any depth", async () => {
    const nested = z.object({
      list: z.array(z.object({ name: z.string() })),
      map: z.record(z.string(), z.object({ a: z.int() })),
    });
    const files = {
      "catalog.yml": "list:\n  - name: a\n  - name: b\n    nmae: c\nmap:\n  x: { a: 1, b: 2 }\n",
      "catalog.dev.yml": "nothing: 1\n",
    };
    assert.deepEqual(await problems(files, { schema: nested }), [
      'list.1.nmae | config/services/catalog.yml:4 | unknown key; did you mean "name"?',
      "map.x.b | config/services/catalog.yml:6 | unknown key",
      "nothing | config/services/catalog.dev.yml:1 | unknown key",
    ]);
  });

  test("is a warning in shared.yml, and is left out", async () => {
    const files = { "config/shared.yml": "metrics: true\ndatabase: { hsot: x }\n", "catalog.yml": valid };
    for (const each of [schema, z.strictObject(schema.shape)]) {
      const { config, warnings } = await loadWithWarnings(files, { schema: each });
      assert.deepEqual(Object.keys(config), ["database", "mode", "limits", "feature"]);
      assert.deepEqual(warnings.map(toLine), [
        "metrics | config/shared.yml:1 | unknown key",
        'database.hsot | config/shared.yml:2 | unknown key; did you mean "host"?',
      ]);
    }
  });

  test("is none where the schema takes every key", async () => {
    const schema = z.looseObject({ a: z.int(), map: z.object({ x: z.int() }).catchall(z.string()) });
    const files = { "catalog.yml": "a: 1\nb: 2\nmap: { x: 1, y: z }\n" };
    assert.deepEqual(await load(files, { schema }), { a: 1, b: 2, map: { x: 1, y: "z" } });
  });

  test("may belong to any part of an intersection or a union", async () => {
    const schema = z.object({
      both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })),
      one: z.union([z.object({ c: z.int() }), z.object({ d: z.int() })]),
    });
    const files = { "catalog.yml": "both: { a: 1, b: 2 }\none: { d: '4' }\n" };
    assert.deepEqual(await load(files, { schema }), { both: { a: 1, b: 2 }, one: { d: 4 } });
  });
});

test("warnings are lines of the service's log unless somebody wants them", async () => {
  await using project = await createProject({ "config/shared.yml": "other: 1\n" });
  const lines: string[] = [];
  {
    using _ = withConsole("log", (line) => void lines.push(String(line)));
    const schema = z.object({ a: z.int().default(1) });
    await loadConfig({ service: "catalog", root: project.root, env: {}, schema });
  }
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /catalog.*WARN.*other \(config\/shared\.yml:1\): unknown key/);
});

describe("options", () => {
  const good = { service: "catalog", schema: z.object({}), env: {}, root: "/nowhere" };
  const cases: readonly [options: object, message: string][] = [
    [{ service: "" }, 'Expected `service` to be a name of letters, digits, ".", "_" and "-", got ""'],
    [
      { service: "../etc" },
      'Expected `service` to be a name of letters, digits, ".", "_" and "-", got "../etc"',
    ],
    [{ schema: {} }, "Expected `schema` to be a schema of Zod 4"],
    [{ envPrefix: "1-X" }, 'Expected `envPrefix` to be the beginning of a variable\'s name, got "1-X"'],
    [{ root: 7 }, "Expected `root` to be a path or a URL, got number"],
    [{ env: null }, "Expected `env` to be an object, got null"],
    [{ onWarning: "log" }, "Expected `onWarning` to be a function, got string"],
    [{ parseYaml: {} }, "Expected `parseYaml` to be a function, got object"],
  ];
  for (const [options, message] of cases) {
    test(`are refused: ${JSON.stringify(options)}`, async () => {
      const loading = loadConfig({ ...good, ...options } as typeof good);
      await assert.rejects(loading, { name: "TypeError", message });
    });
  }
});
