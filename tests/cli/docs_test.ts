import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fixtures, startGlam } from "./_glam.ts";
import type { ChildResult } from "../_support/child_process.ts";

async function glam(args: readonly string[], cwd = fixtures): Promise<ChildResult> {
  await using child = startGlam(args, { cwd });
  return await child.ended();
}

describe("glam docs", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "glam-cli-docs-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("writes both documents into a folder", async () => {
    const { code, out, errors } = await glam(["docs", "--json", "--title", "Orders", "--output", folder]);
    assert.equal(code, 0, errors);
    const paths = ["openapi.json", "asyncapi.json"].map((name) => join(folder, name));
    assert.deepEqual([out, errors], ["", paths.map((path) => `Wrote ${path}\n`).join("")]);
    const [openapi, asyncapi] = await Promise.all(
      paths.map(async (path) => JSON.parse(await readFile(path, "utf8"))),
    );
    assert.deepEqual(openapi.info, { title: "Orders", version: "1.0.0" });
    assert.deepEqual(Object.keys(openapi.paths), ["/orders/{id}"]);
    assert.equal(openapi.paths["/orders/{id}"].get.summary, "One order");
    assert.ok("evt.order.placed.v1" in asyncapi.channels);
  });

  it("writes that of the endpoints alone, as YAML or JSON, of contracts or of an application", async () => {
    const yaml = await glam(["docs", "--http", "--api-version", "2.0.0"]);
    assert.match(yaml.out, /^openapi: 3\.1\.0\ninfo:\n {2}title: \S+\n {2}version: 2\.0\.0\n/);
    const path = join(folder, "http.json");
    assert.equal((await glam(["docs", "--http", "--output", path])).errors, `Wrote ${path}\n`);
    assert.equal(JSON.parse(await readFile(path, "utf8")).openapi, "3.1.0");
    const { out } = await glam(["docs", "--http", "--json", "--endpoints", "app.ts"]);
    assert.deepEqual(Object.keys(JSON.parse(out).paths), [
      "/health/live",
      "/health/ready",
      "/orders/{id}",
      "/status",
    ]);
  });

  it("says what a module lacks, and what is not there", async () => {
    const none = await glam(["docs", "--http", "--endpoints", "tables.ts"]);
    assert.equal(none.code, 2);
    assert.match(
      none.errors,
      /Expected tables\.ts to export endpoints of defineEndpoint or an application, got none/,
    );
    const missing = await glam(["docs", "--http"], tmpdir());
    assert.match(
      missing.errors,
      /There is no endpoints\.ts in .*; name it with --endpoints <module>/,
    );
    const neither = await glam(["docs", "--output", "./"], tmpdir());
    assert.match(neither.errors, /There is neither an endpoints\.ts nor an events\.ts/);
  });
});
