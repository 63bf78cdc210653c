import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { findVersion } from "../../service/_find_version.ts";

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

describe("findVersion", () => {
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
    ["nothing in a broken manifest", { "src/deno.json": `{ "version": 7 }`, "package.json": "{" }, undefined],
    ["no version that is no label", { "deno.json": `{ "version": "1\\n2" }` }, undefined],
  ];
  for (const [name, files, version] of cases) {
    it(`finds ${name}`, async () => assert.equal(await versionIn(files, "src/main.ts"), version));
  }
});
