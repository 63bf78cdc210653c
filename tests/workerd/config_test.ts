import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleWorker, startWorker } from "../_support/workerd.ts";

const ENV = {
  CATALOG_DB_HOST: "db",
  CATALOG_DB_NAME: "catalog",
  CATALOG_DB_USER: "app",
  CATALOG_DATABASE__PASSWORD: "hunter2",
  CATALOG_API_KEY: "hunter2",
  CATALOG_TAGS: "a,b",
  CATALOG_LIMITS: '{"gold": "7"}',
  CATALOG_BETA: "on",
};

const bundle = await bundleWorker("config");

test("a worker's configuration is its binding object, and no file is read", async () => {
  {
    await using worker = await startWorker(bundle, "config", ENV);
    for (const path of ["/", "/process"]) {
      const body = await (await fetch(`${worker.url}${path}`)).json();
      assert.deepEqual(body, {
        config: {
          service: { name: "catalog", host: "0.0.0.0", port: 8080 },
          database: { host: "db", name: "catalog", user: "app", password: "[redacted]" },
          apiKey: "[redacted]",
          tags: ["a", "b"],
          limits: { gold: 7 },
          beta: true,
        },
        key: 7,
        text: "[redacted]",
      });
    }
    assert.doesNotMatch(worker.logs(), /hunter2/);
  }
  const { CATALOG_API_KEY: key, ...rest } = ENV;
  await using worker = await startWorker(bundle, "config", {
    ...rest,
    CATALOG_API_KEY_FILE: key,
    CATALOG_TAGS: "",
  });
  const body = await (await fetch(worker.url)).json();
  assert.deepEqual(body.problems, [
    {
      path: "apiKey",
      source: "CATALOG_API_KEY_FILE",
      message: "it names a file, and this runtime has no file system",
    },
    { path: "tags", message: "nothing sets it, expected array; set CATALOG_TAGS" },
  ]);
});

test("a worker's bundle has no YAML parser in it", async () => {
  const files = await Array.fromAsync(Deno.readDir(bundle));
  const texts = await Promise.all(
    files.filter(({ name }) => name.endsWith(".js")).map(({ name }) =>
      Deno.readTextFile(`${bundle}/${name}`)
    ),
  );
  assert.doesNotMatch(texts.join("\n"), /parseDocument\(src|class LineCounter|YAMLParseError/);
});
