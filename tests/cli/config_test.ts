import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fixtures, glam } from "./_glam.ts";

const env = {
  ORDERS_API_KEY: "hunter2-hunter2",
  ORDERS_DB_HOST: "db.internal",
  ORDERS_DB_NAME: "orders",
  ORDERS_DB_USER: "app",
  ORDERS_DB_PASSWORD: "s3cr3t-pass",
  DATABASE_URL: "",
};

describe("glam config", () => {
  it("shows each value with its source: file and line, variable, or default; and no secret", async () => {
    const { code, out, errors } = await glam(["config", "show"], { env });
    assert.deepEqual([code, errors], [0, ""]);
    const rows = out.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows, [
      ["path", "value", "source"],
      ["service.name", "orders", "the option `service`"],
      ["service.host", "0.0.0.0", "default"],
      ["service.port", "8181", "config/services/orders.yml:3"],
      ["database.host", "db.internal", "ORDERS_DB_HOST"],
      ["database.name", "orders", "ORDERS_DB_NAME"],
      ["database.user", "app", "ORDERS_DB_USER"],
      ["database.password", "[redacted]", "ORDERS_DB_PASSWORD"],
      ["api_key", "[redacted]", "ORDERS_API_KEY"],
      ["page_size", "50", "default"],
      ["regions", '["eu","us"]', "config/services/orders.yml:4"],
    ]);
  });

  it("shows a part, and everything as a document", async () => {
    const part = await glam(["config", "show", "database"], { env });
    assert.equal(part.out.trimEnd().split("\n").length, 5);
    const one = JSON.parse(
      (await glam(["config", "show", "page_size", "--json"], {
        env: { ...env, ORDERS_PAGE_SIZE: "7" },
      })).out,
    );
    assert.deepEqual(one, {
      service: "orders",
      ok: true,
      values: [{ path: "page_size", value: 7, source: "ORDERS_PAGE_SIZE" }],
    });
    const none = await glam(["config", "show", "nope"], { env });
    assert.equal(none.code, 2);
    assert.match(
      none.errors,
      /^glam: There is nothing at "nope"; list all paths with: glam config show$/m,
    );
  });

  it("does not show a secret that stands in another value as well", async () => {
    const { out } = await glam(["config", "show", "--json"], {
      env: { ...env, ORDERS_REGIONS: `["eu", "a s3cr3t-pass b", "hunter2-hunter2"]` },
    });
    assert.doesNotMatch(out, /s3cr3t|hunter2/);
    const regions = JSON.parse(out).values.find(({ path }: { path: string }) => path === "regions");
    assert.deepEqual(regions.value, ["eu", "a [redacted] b", "[redacted]"]);
  });

  it("shows no credentials in URLs, and no text whose key names a secret", async () => {
    const regions = [
      "nats://u:hunter2@a:4222",
      "https://u:p/hunter2@h/x",
      "https://h/?access_token=hunter2",
      "https://h:8080/@eu",
    ];
    const { out } = await glam(["config", "show", "regions", "--json"], {
      env: { ...env, ORDERS_REGIONS: JSON.stringify(regions) },
    });
    assert.doesNotMatch(out, /hunter2/);
    assert.deepEqual(JSON.parse(out).values[0].value, [
      "nats://[redacted]@a:4222",
      "https://[redacted]@h/x",
      "https://h/?access_token=[redacted]",
      "https://h:8080/@eu",
    ]);
  });

  it("shows no credentials of NATS servers, however they are written", async () => {
    const servers = ["nats://u:S3CRET@a:4222", "u:S3CRET/@b", "nats://S3CRET@c", "tls://u:p@S3CRET@d"];
    for (const text of [servers.join(", "), JSON.stringify(servers)]) {
      for (const flags of [[], ["--json"]]) {
        const { out } = await glam(["config", "show", "nats", ...flags], {
          env: { ...env, ORDERS_NATS_SERVERS: text },
        });
        assert.match(out, /nats:\/\/\[redacted\]@a:4222/);
        assert.match(out, /tls:\/\/\[redacted\]@d/);
        assert.doesNotMatch(out, /S3CRET/);
      }
    }
    const bad = { ...env, ORDERS_NATS_SERVERS: "redis://u:S3CRET@h" };
    const { code, errors } = await glam(["config", "check"], { env: bad });
    assert.equal(code, 1);
    assert.doesNotMatch(errors, /S3CRET/);
  });

  it("checks: 0 when the service can start, 1 with every problem and its source", async () => {
    const good = await glam(["config", "check"], { env });
    assert.deepEqual([good.code, good.out], [0, "The configuration of orders is complete and valid\n"]);
    assert.match(
      good.errors,
      /^Looked at: config\/shared\.yml \(not there\), config\/services\/orders\.yml, /m,
    );
    const bad = await glam(["config", "check"], {
      env: { ...env, ORDERS_PORT: "eighty", ORDERS_API_KEY: "" },
    });
    assert.deepEqual([bad.code, bad.out], [1, ""]);
    assert.match(bad.errors, /^The configuration of orders has 2 problems$/m);
    assert.match(bad.errors, /^- service\.port \(ORDERS_PORT\): /m);
    assert.match(
      bad.errors,
      /^- api_key: .*set api_key in config\/services\/orders\.yml or ORDERS_API_KEY$/m,
    );
    const shown = await glam(["config", "show"], { env: { ...env, ORDERS_PORT: "eighty" } });
    assert.equal(shown.code, 1);
    assert.match(shown.out, /^service\.port +eighty +ORDERS_PORT$/m);
  });

  it("checks as a document, with unknown keys and the files it has looked at", async () => {
    const root = await mkdtemp(join(tmpdir(), "glam-cli-"));
    await writeFile(join(root, ".env"), "ORDERS_PAGESIZE=3\n");
    const { code, out } = await glam(["config", "check", "--json", "--root", root], { env });
    assert.equal(code, 0);
    const document = JSON.parse(out);
    assert.deepEqual([document.ok, document.problems], [true, []]);
    assert.match(document.warnings[0].message, /ORDERS_PAGE_SIZE/);
    assert.deepEqual(document.files.at(-1), { path: ".env", found: true });
    await rm(root, { recursive: true });
  });

  it("takes another module, and says what it should export", async () => {
    const given = await glam(
      ["config", "check", "--config", join(fixtures, "config.ts"), "--root", fixtures],
      {
        env,
        cwd: tmpdir(),
      },
    );
    assert.equal(given.code, 0);
    const wrong = await glam(["config", "check", "--config", "events.ts"], { env });
    assert.equal(wrong.code, 2);
    assert.match(wrong.errors, /Expected events\.ts to export `options` with `service` and `schema`/);
  });
});
