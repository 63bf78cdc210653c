import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { Hono } from "hono";
import { findVersion } from "../../service/_find_version.ts";
import project from "../../deno.json" with { type: "json" };
import { recordingLogger } from "../_support/recording_logger.ts";
import { testService } from "./_support.ts";

const { logger } = recordingLogger();

async function versionIn(files: Readonly<Record<string, string>>, main: string): Promise<string | undefined> {
  const root = await mkdtemp(join(tmpdir(), "glam-version-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return await findVersion(join(root, main));
  } finally {
    await rm(root, { recursive: true });
  }
}

describe("the version of a service", () => {
  const cases: readonly (readonly [string, Record<string, string>, string | undefined])[] = [
    [
      "deno.json",
      { "deno.json": `{ "version": "1.2.3" }`, "package.json": `{ "version": "9.9.9" }` },
      "1.2.3",
    ],
    ["package.json", { "deno.json": `{ "tasks": {} }`, "package.json": `{ "version": "2.0.0" }` }, "2.0.0"],
    [
      "a manifest with comments",
      { "deno.jsonc": `{ // "version": "0.0.1"\n "x": "http://x, ]", /* */ "version": "3.0.0-rc.1", }` },
      "3.0.0-rc.1",
    ],
    [
      "the folder above",
      { "src/package.json": `{"type":"module"}`, "package.json": `{"version":"4.0.0"}` },
      "4.0.0",
    ],
    ["no broken manifest", { "src/deno.json": `{ "version": 7 }`, "package.json": "{" }, undefined],
    ["no text that is no label", { "deno.json": `{ "version": "1\\n2" }` }, undefined],
  ];
  for (const [name, files, version] of cases) {
    it(`is that of ${name}`, async () => assert.equal(await versionIn(files, "src/main.ts"), version));
  }

  const scraped = async (options: { version?: string } = {}) => {
    const app = new Hono();
    app.use(glamMiddleware({ service: "catalog", logger }));
    const { service } = testService({ app, ...options });
    await using _service = service;
    await service.start();
    const text = await (await fetch(`${service.address?.url}/metrics`)).text();
    await (await fetch(`${service.address?.url}/metrics`)).text();
    const report = await (await fetch(`${service.address?.url}/api/v1/health`)).json() as {
      data: { version?: string };
    };
    const lines = text.split("\n").filter((line) => line.startsWith("glam_build_info"));
    return { lines, reported: report.data.version, own: await service.health(), version: service.version };
  };

  it("is in the report and in glam_build_info, with runtime and package", async () => {
    const { lines, reported, own, version } = await scraped({ version: "7.1.0" });
    assert.deepEqual([reported, own.version, version], ["7.1.0", "7.1.0", "7.1.0"]);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /^glam_build_info\{service="catalog",version="7\.1\.0",runtime="(bun|deno|node) \d+\.\d+\.\d+[^"]*",package="[^"]+"\} 1$/,
    );
    assert.ok(lines[0]!.includes(`package="${project.version}"`));
  });

  it("is looked for at the start where none is given", async () => {
    const { lines, version } = await scraped();
    assert.ok(lines[0]?.includes(`version="${version ?? "unknown"}"`));
  });
});
