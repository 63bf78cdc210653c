import assert from "node:assert/strict";
import { it } from "node:test";
import { writeReference } from "../../scripts/docs.ts";
import { entryPoints } from "../../scripts/_project.ts";

it("deno task docs writes a page for each symbol of each entry point, and one that begins", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const index = await Deno.readTextFile(await writeReference(`${folder}/reference`));
    assert.match(index, /<title>@glam\/shared documentation</);
    for (const { key, path } of entryPoints()) {
      const area = key === "." ? "" : `/${path.replace(/\/mod\.ts$/, "")}`;
      assert.ok((await Deno.stat(`${folder}/reference${area}/index.html`)).isFile, key);
    }
    const page = await Deno.readTextFile(`${folder}/reference/api/~/glamMiddleware.html`);
    assert.match(page, /function/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
