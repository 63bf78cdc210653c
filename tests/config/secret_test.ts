import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { format, inspect, promisify } from "node:util";
import { databaseConfig, loadConfig, natsConfig, secret } from "@glam/shared/config";
import * as z from "zod";
import { capture, withConsole } from "../logging/_capture.ts";
import { createProject, failure, load, loadWithWarnings, problems } from "./_support.ts";

const VALUE = "hunter2-of-glam";
const hidden = secret().parse(VALUE);

describe("a secret", () => {
  const shown: Readonly<Record<string, () => string>> = {
    "a template": () => `${hidden}`,
    "String()": () => String(hidden),
    "a sum of texts": () => "" + hidden,
    "JSON.stringify": () => JSON.stringify({ a: [hidden] }),
    "inspect": () => inspect({ a: [hidden] }),
    "inspect of everything": () => inspect(hidden, { showHidden: true, getters: true, depth: null }),
    "inspect that is told not to ask": () => inspect({ hidden }, { customInspect: false, showHidden: true }),
    "format": () => format("%s %o %O %j", hidden, hidden, hidden, hidden),
    "Object.entries": () => JSON.stringify(Object.entries(hidden)),
    "its names": () => JSON.stringify([Object.getOwnPropertyNames(hidden), Reflect.ownKeys(hidden)]),
    "a copy": () => JSON.stringify({ ...hidden }),
    "a structured clone": () => JSON.stringify(structuredClone({ ...{ hidden: { ...hidden } } })),
    "an error": () => String(new Error(`no ${hidden}`).stack),
    "a failed assertion": () => {
      try {
        assert.deepEqual({ hidden }, { hidden: 1 });
      } catch (error) {
        return String(error);
      }
      return assert.fail();
    },
  };
  for (const [name, show] of Object.entries(shown)) {
    test(`is not in ${name}`, () => assert.doesNotMatch(show(), /hunter2/));
  }

  test("prints as [redacted]", () => {
    assert.equal(`${hidden}`, "[redacted]");
    assert.equal(JSON.stringify({ hidden }), '{"hidden":"[redacted]"}');
    assert.match(inspect({ hidden }), /hidden: \[redacted\]/);
    assert.match(format("%s", hidden), /\[redacted\]/);
  });

  test("is not written by any method of the console, of any runtime", async () => {
    const script = fileURLToPath(new URL("./_secret_child.ts", import.meta.url));
    const args = "Deno" in globalThis ? ["run", "--quiet", "--allow-all", "--no-check", script] : [script];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    assert.match(stdout, /^\[redacted\]$/m);
    assert.match(stdout, /^\[redacted\] \[redacted\] /m);
    assert.match(stdout, /^revealed 7$/m);
    assert.match(stderr, /failed/);
    assert.doesNotMatch(stdout + stderr, /hunter2/);
  });

  test("is not in a line of the log", () => {
    const { log, text } = capture();
    log.info("Started", { config: { key: hidden }, key: hidden });
    log.info(`With ${hidden}`);
    assert.doesNotMatch(text.join("\n"), /hunter2/);
    assert.match(text.join("\n"), /\[redacted\]/);
  });

  test("has its value behind reveal()", () => {
    assert.equal(hidden.reveal(), VALUE);
    assert.equal(secret(z.coerce.number()).parse("7").reveal(), 7);
  });

  test("must fit its schema, and is a text that is not empty unless there is one", () => {
    assert.equal(secret().safeParse("").success, false);
    assert.equal(secret(z.string()).parse("").reveal(), "");
    assert.equal(secret(z.string().min(20)).safeParse(VALUE).success, false);
  });
});

describe("loadConfig", () => {
  const schema = z.object({
    apiKey: secret(z.string().regex(/^k-/, { error: ({ input }) => `expected k-, got ${input}` })),
    keys: z.record(z.string(), secret()).default({}),
    maybe: secret(z.int()).optional(),
    port: z.int().default(1),
  });

  test("gives secrets of every source, and takes numbers for secrets that are some", async () => {
    await using file = await createProject({ key: `k-${VALUE}\n` });
    const config = await load({ "catalog.yml": `keys: { a: ${VALUE} }` }, {
      schema,
      env: { CATALOG_API_KEY_FILE: `${file.root}/key`, CATALOG_MAYBE: "7" },
    });
    assert.equal(config.apiKey.reveal(), `k-${VALUE}`);
    assert.equal(config.keys["a"]?.reveal(), VALUE);
    assert.equal(config.maybe?.reveal(), 7);
    assert.doesNotMatch(inspect(config, { depth: null }) + JSON.stringify(config), /hunter2/);
  });

  test("shows no secret in an error, not even where the schema's own message has it", async () => {
    const error = await failure({ "catalog.yml": `apiKey: ${VALUE}\nkeys: [${VALUE}]\n` }, {
      schema,
      env: { CATALOG_PORT: VALUE, CATALOG_MAYBE: VALUE },
    });
    const shown = [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: null })].join(
      "\n",
    );
    assert.doesNotMatch(shown, /hunter2/);
    assert.match(error.message, /apiKey \(config\/services\/catalog\.yml:1\): expected k-, got \[redacted\]/);
  });

  test("shows no part of a secret over which the schema threw", async () => {
    const schema = z.object({ key: secret(z.string().transform((text) => JSON.parse(text))) });
    assert.deepEqual(await problems({}, { schema, env: { CATALOG_KEY: VALUE } }), [
      " |  | the schema threw SyntaxError",
    ]);
  });

  test("shows no secret in a warning", async () => {
    const files = { "config/shared.yml": `apiKey: k-${VALUE}\nother: k-${VALUE}\n`, ".env": `X=${VALUE}\n` };
    const { warnings } = await loadWithWarnings(files, { schema, env: { CATALOG_KEYZ: VALUE } });
    assert.equal(warnings.length, 2);
    assert.doesNotMatch(JSON.stringify(warnings), /hunter2/);
    await using project = await createProject(files);
    const lines: unknown[] = [];
    {
      using _ = withConsole("log", (...line) => void lines.push(...line));
      await loadConfig({ service: "catalog", schema, root: project.root, env: {} });
    }
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines.join("\n"), /hunter2/);
  });

  test("shows no secret of a ready schema", async () => {
    const schema = z.object({ database: databaseConfig, nats: natsConfig });
    const env = {
      CATALOG_DB_URL: `postgres://app:${VALUE}@db/catalog`,
      CATALOG_DB_PASSWORD: VALUE,
      CATALOG_NATS_SERVERS: `nats://app:${VALUE}@a:4222,nats://b:4222`,
      CATALOG_NATS_TOKEN: VALUE,
    };
    const config = await load({}, { schema, env });
    assert.doesNotMatch(
      JSON.stringify(config) + inspect(config, { depth: null, customInspect: false }),
      /hunter2/,
    );
    const error = await failure({}, {
      schema,
      env: { ...env, CATALOG_DB_PORT: "x", CATALOG_NATS__SERVERS: `[${VALUE}` },
    });
    assert.doesNotMatch(inspect(error, { depth: null }), /hunter2/);
  });

  test("keeps a secret secret when its schema is described, refined or may be missing", async () => {
    const schema = z.object({
      key: secret(z.string()).describe("a key").refine((key) => key.reveal() === "x", `not ${VALUE}`)
        .optional(),
    });
    const error = await failure({}, { schema, env: { CATALOG_KEY: VALUE } });
    assert.deepEqual(error.problems.map(({ message }) => message), ["not [redacted]"]);
  });
});
