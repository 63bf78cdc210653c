/** The ten lines of README.md answer what README.md says. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);

interface App {
  request(path: string): Promise<Response>;
}

test("README's service answers what README shows", async () => {
  const readme = await readFile(new URL("README.md", root), "utf8");
  const section = readme.slice(readme.indexOf("## Ten lines"));
  const code = /^```ts\n([\s\S]*?)^```$/m.exec(section)![1]!;
  const folder = new URL(`.cache/readme/${crypto.randomUUID()}/`, root);
  await mkdir(folder, { recursive: true });
  try {
    const file = new URL("main.ts", folder);
    await writeFile(file, code);
    const { default: app } = await import(file.href) as { readonly default: App };
    const answers = [...section.matchAll(/`GET (\/\S+)` answers[^`]*```json\n([\s\S]*?)^```$/gm)];
    assert.deepEqual(answers.map(([, path]) => path), ["/items/7", "/items/8"]);
    for (const [, path = "", shown = ""] of answers) {
      const { meta, ...answer } = await (await app.request(path)).json();
      const { meta: shownMeta, ...expected } = JSON.parse(shown);
      assert.deepEqual(answer, expected, path);
      // Ids and times differ, and have the same form.
      const form = (value: object) => JSON.stringify(value).replace(/[0-9a-f]/g, "0");
      assert.equal(form(meta), form(shownMeta), path);
    }
    assert.equal((await app.request("/items/8")).status, 404);
  } finally {
    await rm(folder, { recursive: true });
  }
});
