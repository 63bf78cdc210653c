import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { databaseConfig, loadConfig, natsConfig } from "@glam/shared/config";
import * as z from "zod";
import * as mini from "zod/mini";
import { createProject, load, loadWithWarnings, problems, toLine } from "./_support.ts";

/** What a variable gives for a schema. */
async function read<Schema extends z.core.$ZodType>(schema: Schema, text: string): Promise<z.output<Schema>> {
  const config = await load({}, { schema: z.object({ x: schema }), env: { CATALOG_X: text } });
  return (config as { x: z.output<Schema> }).x;
}

async function refusal(schema: z.ZodType, text: string): Promise<string> {
  const [first = "", ...others] = await problems({}, {
    schema: z.object({ x: schema }),
    env: { CATALOG_X: text },
  });
  assert.deepEqual(others, []);
  return first;
}

describe("the text of a variable", () => {
  const Size = { Small: 1, Large: 2, 1: "Small", 2: "Large" } as const; // what `enum Size` compiles to
  const cases: readonly [name: string, schema: z.ZodType, text: string, value: unknown][] = [
    ["a text", z.string(), " 12 ", " 12 "],
    ["a number", z.number(), "-1.5e3", -1500],
    ["a whole number with spaces and underscores", z.int(), " 1_000 ", 1000],
    ["a bigint beyond doubles", z.bigint(), "12345678901234567890", 12345678901234567890n],
    ["a boolean", z.boolean(), "false", false],
    ["a boolean that coerces", z.coerce.boolean(), "no", false],
    ["a stringbool", z.stringbool(), "enabled", true],
    ["a date", z.date(), "2026-01-15T10:30:00Z", new Date("2026-01-15T10:30:00Z")],
    ["an enum", z.enum(["a", "b"]), "b", "b"],
    ["an enum of numbers", z.enum(Size), "2", Size.Large],
    ["a literal", z.literal([1, "one", false]), "false", false],
    ["a list with commas", z.array(z.string()), "a, b,,c ", ["a", "b", "c"]],
    ["a list of one", z.array(z.int()), "7", [7]],
    ["a list in JSON", z.array(z.int()), '[1, "2"]', [1, 2]],
    ["an empty list in JSON", z.array(z.int()), "[]", []],
    ["a tuple", z.tuple([z.string(), z.int()]), "a,1", ["a", 1]],
    ["a set", z.set(z.int()), "1,2,1", new Set([1, 2])],
    ["a list of maps", z.array(z.object({ n: z.int() })), '[{"n": "1"}]', [{ n: 1 }]],
    ["a map in JSON", z.object({ n: z.int(), on: z.boolean() }), '{"n": "1", "on": "yes"}', {
      n: 1,
      on: true,
    }],
    ["a record in JSON", z.record(z.string(), z.int()), '{"a": "1"}', { a: 1 }],
    ["what may be missing", z.int().optional(), "5", 5],
    ["what has a default", z.boolean().default(true).readonly(), "off", false],
    ["what may be null", z.int().nullable(), "null", null],
    ["a text that may be null", z.string().nullable(), "null", "null"],
    ["what is checked and transformed", z.int().refine((n) => n > 1).transform((n) => n * 2), "2", 4],
    ["what is caught", z.int().catch(9), "x", 9],
    ["what is lazy", z.lazy(() => z.int()), "3", 3],
    [
      "what is preprocessed, as it is",
      z.preprocess((v) => String(v).split(":"), z.array(z.string())),
      "a,b:c",
      ["a,b", "c"],
    ],
    ["a union, in the order of Zod", z.union([z.int(), z.boolean(), z.string()]), "5", 5],
    ["a union, by what fits", z.union([z.int(), z.boolean(), z.string()]), "yes", true],
    ["a union, at last a text", z.union([z.int(), z.boolean(), z.string()]), "maybe", "maybe"],
    ["a union whose first is a text", z.union([z.string(), z.int()]), "5", "5"],
    [
      "an intersection",
      z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })),
      '{"a":"1","b":"2"}',
      { a: 1, b: 2 },
    ],
    ["anything, as it is", z.any(), "[1]", "[1]"],
    ["a number of Zod Mini", mini.int() as unknown as z.ZodType, "4", 4],
  ];
  for (const [name, schema, text, value] of cases) {
    test(`becomes ${name}`, async () => assert.deepEqual(await read(schema, text), value));
  }

  test("is true or false by the words that Pydantic takes, in any case", async () => {
    for (const text of ["1", "true", "t", "YES", "y", "On"]) {
      assert.equal(await read(z.boolean(), text), true);
    }
    for (const text of ["0", "False", "f", "no", "N", "off"]) {
      assert.equal(await read(z.boolean(), text), false);
    }
  });

  test("is refused when it does not fit, and is not shown", async () => {
    assert.equal(await refusal(z.int(), "12 monkeys"), "x | CATALOG_X | expected number, received string");
    assert.equal(await refusal(z.int(), "0x10"), "x | CATALOG_X | expected number, received string");
    assert.equal(await refusal(z.int(), "1.5"), "x | CATALOG_X | expected int, received number");
    assert.equal(await refusal(z.boolean(), "maybe"), "x | CATALOG_X | expected boolean, received string");
    assert.equal(await refusal(z.array(z.int()), "[1"), "x | CATALOG_X | expected array, received string");
    assert.equal(
      await refusal(z.array(z.int()), "1,b"),
      "x.1 | CATALOG_X | expected number, received string",
    );
    assert.equal(await refusal(z.date(), "soon"), "x | CATALOG_X | expected date, received string");
    assert.equal(await refusal(z.enum(["a", "b"]), "c"), 'x | CATALOG_X | expected one of "a"|"b"');
    assert.equal(
      await refusal(z.union([z.int(), z.boolean()]), "x"),
      "x | CATALOG_X | expected number or boolean",
    );
  });

  test("of a file is taken like that of a variable", async () => {
    const schema = z.object({
      port: z.int(),
      on: z.boolean(),
      servers: z.array(z.string()),
      name: z.string(),
    });
    const files = { "catalog.yml": 'port: "5432"\non: yes\nservers: a,b\nname: "7"\n' };
    assert.deepEqual(await load(files, { schema }), { port: 5432, on: true, servers: ["a", "b"], name: "7" });
  });

  test("that is empty is none", async () => {
    const schema = z.object({ a: z.string(), b: z.int().default(3) });
    assert.deepEqual(
      await load({ "catalog.yml": "a: file" }, { schema, env: { CATALOG_A: "", CATALOG_B: "" } }),
      { a: "file", b: 3 },
    );
  });
});

describe("a number", () => {
  const ID = 1152921506151679042n;

  test("may begin or end with its point, as in YAML", async () => {
    const env = { CATALOG_A: ".5", CATALOG_B: "5.", CATALOG_C: "-.5e1", CATALOG_D: "1_000.25" };
    const number = z.number();
    assert.deepEqual(
      await load({}, { schema: z.object({ a: number, b: number, c: number, d: number }), env }),
      {
        a: 0.5,
        b: 5,
        c: -5,
        d: 1000.25,
      },
    );
    for (const text of [".", "5.5.", "_5", "5_", "1e", "e5", "0x10"]) {
      assert.deepEqual(await problems({}, { schema: z.object({ a: number }), env: { CATALOG_A: text } }), [
        "a | CATALOG_A | expected number, received string",
      ]);
    }
  });

  test("that is an integer beyond 2^53 is exact as a bigint, from files, JSON and texts", async () => {
    const schema = z.object({
      id: z.bigint(),
      ids: z.array(z.bigint()),
      map: z.record(z.string(), z.bigint()),
    });
    const yaml = `id: ${ID}\nids: [${ID}, -${ID}, 1]\nmap: { a: ${ID} }\n`;
    const expected = { id: ID, ids: [ID, -ID, 1n], map: { a: ID } };
    assert.deepEqual(await load({ "catalog.yml": yaml }, { schema }), expected);
    const env = { CATALOG_ID: `${ID}`, CATALOG_IDS: `[${ID}, -${ID}, 1]`, CATALOG_MAP: `{"a": ${ID}}` };
    assert.deepEqual(await load({}, { schema, env }), expected);
    assert.deepEqual(await load({}, { schema, env: { ...env, CATALOG_IDS: `${ID},-${ID},1` } }), expected);
  });

  test("that is an integer beyond 2^53 is a problem where a number is wanted, and not another number", async () => {
    const schema = z.object({ a: z.number(), b: z.int(), c: z.array(z.number()) });
    const expected =
      /^[abc](\.0)? \| \S+ \| expected a number, received an integer beyond 2\^53, .*z\.bigint\(\)/;
    const files = { "catalog.yml": `a: ${ID}\nb: ${ID}\nc: [${ID}]\n` };
    const env = { CATALOG_A: `${ID}`, CATALOG_B: `${ID}`, CATALOG_C: `[${ID}]` };
    for (const found of [await problems(files, { schema }), await problems({}, { schema, env })]) {
      assert.equal(found.length, 3);
      for (const problem of found) assert.match(problem, expected);
    }
  });

  test("keeps its text in a text, and its digits in fractions and exponents", async () => {
    const schema = z.object({ a: z.string(), b: z.array(z.number()), c: z.array(z.string()) });
    const env = {
      CATALOG_A: `${ID}`,
      CATALOG_B: "[0.1234567890123456789, 1e300, 9007199254740991]",
      CATALOG_C: `["${ID}", "a \\" ${ID}"]`,
    };
    assert.deepEqual(await load({}, { schema, env }), {
      a: `${ID}`,
      b: [0.1234567890123456789, 1e300, 9007199254740991],
      c: [`${ID}`, `a " ${ID}`],
    });
  });
});

describe("the name of a variable", () => {
  test("goes down with two underscores, and knows keys however they are written", async () => {
    const schema = z.object({
      database: z.object({ pool_size: z.int(), "read-only": z.boolean() }),
      maxItems: z.int(),
      nested: z.object({ deepMap: z.object({ aB1: z.string() }) }),
    });
    const env = {
      CATALOG_DATABASE__POOL_SIZE: "5",
      CATALOG_DATABASE__READ_ONLY: "yes",
      CATALOG_MAX_ITEMS: "10",
      CATALOG_NESTED__DEEP_MAP__A_B1: "x",
    };
    assert.deepEqual(await load({}, { schema, env }), {
      database: { pool_size: 5, "read-only": true },
      maxItems: 10,
      nested: { deepMap: { aB1: "x" } },
    });
  });

  test("finds keys that the schema leaves open, as a file has them, else in lower case", async () => {
    const schema = z.object({ limits: z.record(z.string(), z.int()), more: z.looseObject({ a: z.int() }) });
    const files = { "catalog.yml": "limits: { GoldCard: 1, silver: 2 }\nmore: { a: 1 }" };
    const env = {
      CATALOG_LIMITS__GOLD_CARD: "7",
      CATALOG_LIMITS__BRONZE: "3",
      CATALOG_MORE__A: "2",
      CATALOG_MORE__B: "x",
    };
    assert.deepEqual(await load(files, { schema, env }), {
      limits: { GoldCard: 7, silver: 2, bronze: 3 },
      more: { a: 2, b: "x" },
    });
  });

  test("sets members of a map that another variable has in JSON", async () => {
    const schema = z.object({ database: z.object({ host: z.string(), port: z.int(), name: z.string() }) });
    const files = { "catalog.yml": "database: { host: file, port: 1, name: file }" };
    const env = { CATALOG_DATABASE__PORT: "2", CATALOG_DATABASE: '{"port": 3, "host": "json"}' };
    assert.deepEqual(await load(files, { schema, env }), {
      database: { host: "json", port: 2, name: "file" },
    });
  });

  test("picks the option of a discriminated union by what stands below", async () => {
    const schema = z.object({
      store: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("disk"), size: z.int() }),
        z.object({ kind: z.literal("s3"), size: z.string(), bucket: z.string() }),
      ]),
    });
    const files = { "catalog.yml": "store: { kind: s3, size: '10' }" };
    const config = await load(files, { schema, env: { CATALOG_STORE__BUCKET: "b" } });
    assert.deepEqual(config, { store: { kind: "s3", size: "10", bucket: "b" } });
    assert.deepEqual(await load(files, { schema, env: { CATALOG_STORE__KIND: "disk" } }), {
      store: { kind: "disk", size: 10 },
    });
  });

  test("follows a lazy schema that holds itself", async () => {
    interface Tree {
      value: number;
      left?: Tree | undefined;
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.int(), left: tree.optional() }));
    const env = {
      CATALOG_TREE__VALUE: "1",
      CATALOG_TREE__LEFT__LEFT__VALUE: "3",
      CATALOG_TREE__LEFT__VALUE: "2",
    };
    assert.deepEqual(await load({}, { schema: z.object({ tree }), env }), {
      tree: { value: 1, left: { value: 2, left: { value: 3 } } },
    });
  });

  test("has the prefix of the service unless another is given, with or without an underscore", async () => {
    const schema = z.object({ a: z.int() });
    const env = { CATALOG_CONNECTOR_A: "1", X_A: "2" };
    assert.deepEqual(await load({}, { schema, env, service: "catalog-connector" }), { a: 1 });
    assert.deepEqual(await load({}, { schema, env, service: "catalog-connector", envPrefix: "x" }), { a: 2 });
    assert.deepEqual(await load({}, { schema, env, service: "catalog-connector", envPrefix: "X_" }), {
      a: 2,
    });
  });

  test("is warned of when nothing is called so, with the nearest that is", async () => {
    const schema = z.object({ database: z.object({ host: z.string().default("h") }).default({ host: "d" }) });
    const env = {
      CATALOG_DATABASE_HOST: "x",
      CATALOG_DATABSE__HOST: "x",
      CATALOG_COMPLETELY_DIFFERENT: "x",
      CATALOG_DATABASE__: "x",
      CATALOG_LOG_LEVEL: "debug",
      CATALOGUE_X: "x",
    };
    const { config, warnings } = await loadWithWarnings({ ".env": "\nCATALOG_DATABASE__HOTS=x" }, {
      schema,
      env,
    });
    assert.deepEqual(config, { database: { host: "d" } });
    assert.deepEqual(warnings.map(toLine), [
      "database.hots | .env:2 (CATALOG_DATABASE__HOTS) | unknown variable; did you mean CATALOG_DATABASE__HOST?",
      "database_host | CATALOG_DATABASE_HOST | unknown variable; did you mean CATALOG_DATABASE__HOST?",
      "databse | CATALOG_DATABSE__HOST | unknown variable; did you mean CATALOG_DATABASE__HOST?",
      "completely_different | CATALOG_COMPLETELY_DIFFERENT | unknown variable",
      "database. | CATALOG_DATABASE__ | unknown variable; did you mean CATALOG_DATABASE?",
    ]);
  });

  test("is an error when it goes into what has no keys", async () => {
    const schema = z.object({ port: z.int().default(1), list: z.array(z.string()).default([]) });
    assert.deepEqual(await problems({}, { schema, env: { CATALOG_PORT__X: "1", CATALOG_LIST__0: "a" } }), [
      'port | CATALOG_PORT__X | expected CATALOG_PORT; "port" has no keys',
      "list | CATALOG_LIST__0 | expected CATALOG_LIST with all of the list, as JSON or with commas",
    ]);
  });

  test("is not taken for one of ours when Kubernetes made it", async () => {
    const schema = z.object({ port: z.int().default(8080) });
    const env = {
      KUBERNETES_SERVICE_HOST: "10.0.0.1",
      CATALOG_SERVICE_HOST: "10.0.0.7",
      CATALOG_SERVICE_PORT: "8080",
      CATALOG_SERVICE_PORT_HTTP: "8080",
      CATALOG_PORT: "tcp://10.0.0.7:8080",
      CATALOG_PORT_8080_TCP: "tcp://10.0.0.7:8080",
      CATALOG_PORT_8080_TCP_PROTO: "tcp",
    };
    assert.deepEqual(await load({}, { schema, env }), { port: 8080 });
  });

  test("cannot reach the prototype of anything", async () => {
    const schema = z.object({ map: z.record(z.string(), z.any()).default({}) });
    const env = {
      CATALOG_MAP__CONSTRUCTOR__PROTOTYPE__POLLUTED: "1",
      CATALOG_MAP: '{"__proto__": {"polluted": 1}}',
    };
    assert.deepEqual(await load({}, { schema, env }), {
      map: { constructor: { prototype: { polluted: "1" } } },
    });
    assert.deepEqual(await problems({ "catalog.yml": "map: { __proto__: { polluted: 1 } }" }, { schema }), [
      "map.__proto__ | config/services/catalog.yml:1 | unknown key",
    ]);
    const inList = z.object({ list: z.array(z.any()) });
    const { config } = await loadWithWarnings({}, {
      schema: inList,
      env: { CATALOG_LIST: '[{"__proto__": {"polluted": 1}, "a": 1}]' },
    });
    assert.deepEqual(config, { list: [{ a: 1 }] });
    assert.equal(Object.getPrototypeOf(config.list[0]), Object.prototype);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});

describe("a variable that ends in _FILE", () => {
  const schema = z.object({ database: z.object({ password: z.string() }), logFile: z.string().optional() });

  test("has the value in that file, less its last line end", async () => {
    await using secrets = await createProject({ password: "s3cret \r\n", plain: "plain" });
    for (const [file, password] of [["password", "s3cret "], ["plain", "plain"]]) {
      const env = { CATALOG_DATABASE__PASSWORD_FILE: `${secrets.root}/${file}` };
      assert.deepEqual(await load({ "catalog.yml": "database: { password: file }" }, { schema, env }), {
        database: { password },
      });
    }
  });

  test("may be relative to the root, and stand in .env", async () => {
    const files = {
      ".env": "CATALOG_DATABASE__PASSWORD_FILE=secrets/password",
      "secrets/password": "s3cret",
    };
    assert.deepEqual(await load(files, { schema }), { database: { password: "s3cret" } });
    const env = { CATALOG_DATABASE__PASSWORD: "environment" };
    assert.deepEqual(await load(files, { schema, env }), { database: { password: "environment" } });
  });

  test("gives a secret what is in the file when it is revealed", async () => {
    await using files = await createProject({ password: "one\n", creds: "creds of one" });
    const ready = z.object({ database: databaseConfig, nats: natsConfig });
    const env = {
      CATALOG_DB_HOST: "db",
      CATALOG_DB_NAME: "catalog",
      CATALOG_DB_USER: "app",
      CATALOG_DB_PASSWORD_FILE: `${files.root}/password`,
      NATS_SERVERS: "nats://nats:4222",
      CATALOG_NATS_CREDS_FILE: `${files.root}/creds`,
    };
    const { database, nats } = await load({}, { schema: ready, env });
    const revealed = () => [database.password?.reveal(), nats.creds?.reveal()];
    assert.deepEqual(revealed(), ["one", "creds of one"]);
    await writeFile(`${files.root}/password`, "two\n");
    await writeFile(`${files.root}/creds`, "creds of two");
    assert.deepEqual(revealed(), ["two", "creds of two"]);
    await writeFile(`${files.root}/password`, ""); // as it is while it is being written
    await rm(`${files.root}/creds`);
    assert.deepEqual(revealed(), ["two", "creds of two"]);
    assert.doesNotMatch(JSON.stringify({ database, nats }), /two/);
  });

  test("is a key of the schema where that has one of this name", async () => {
    const env = { CATALOG_LOG_FILE: "/var/log/x", CATALOG_DATABASE__PASSWORD: "x" };
    assert.equal((await load({}, { schema, env })).logFile, "/var/log/x");
  });

  test("is a problem when the file is not there, or both variables are", async () => {
    const missing = { CATALOG_DATABASE__PASSWORD_FILE: "/nowhere/password" };
    assert.deepEqual(await problems({}, { schema, env: missing }), [
      "database.password | CATALOG_DATABASE__PASSWORD_FILE | the file that it names does not exist",
    ]);
    const both = { CATALOG_DATABASE__PASSWORD_FILE: "a", CATALOG_DATABASE__PASSWORD: "b" };
    assert.deepEqual(
      await problems({}, { schema, env: both }),
      [
        "database.password | CATALOG_DATABASE__PASSWORD | CATALOG_DATABASE__PASSWORD and CATALOG_DATABASE__PASSWORD_FILE are both set; keep one",
      ],
    );
  });
});

test("bindings that are no texts are taken when they are plain values, and left alone when not", async () => {
  class Namespace {}
  const schema = z.object({ limits: z.object({ gold: z.int(), silver: z.int() }), kv: z.any().optional() });
  const env = {
    CATALOG_LIMITS: { gold: 1 },
    CATALOG_LIMITS__SILVER: 2,
    CATALOG_KV: new Namespace(),
    OTHER: () => 1,
  };
  assert.deepEqual(await loadConfig({ service: "catalog", schema, env, root: "/nowhere" }), {
    limits: { gold: 1, silver: 2 },
  });
});
