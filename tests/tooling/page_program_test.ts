import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isProgram, programOf, promisedLines, runPage } from "../../scripts/_page_program.ts";
import { cacheDir, root } from "../../scripts/_project.ts";

const MARK = "<!-- one program: the blocks run in this order -->";

/** Runs a page with these blocks. */
async function problemOf(...blocks: string[]): Promise<string | undefined> {
  const path = `${cacheDir}/pages/test_${crypto.randomUUID()}.md`;
  await Deno.mkdir(`${cacheDir}/pages`, { recursive: true });
  await Deno.writeTextFile(path, blocks.map((block) => "```ts\n" + block + "\n```\n").join("\ntext\n\n"));
  try {
    return await runPage(path.slice(root.length + 1), `${root}/deno.json`, { GREETING: "hello" });
  } finally {
    await Deno.remove(path);
  }
}

describe("a page that is one program", () => {
  it("is told by its mark", () => {
    assert.equal(isProgram(`# Title\n\n${MARK}\n`), true);
    assert.equal(isProgram("# Title\n"), false);
  });

  it("is its ts blocks in their order, without those that are to be ignored", () => {
    const page = "```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts ignore\nnope\n```\n\n```ts\na;\n```\n";
    assert.equal(programOf(page), "const a = 1;\n\na;\n");
  });

  it("promises the lines that stand behind console.log", () => {
    assert.deepEqual(
      promisedLines("console.log(1); // 1\nfoo(); // no\n  console.log(f(2)) // two words\n"),
      [
        "1",
        "two words",
      ],
    );
  });

  it("has no problem when it prints what it promises, with what its blocks share", async () => {
    assert.equal(await problemOf("const n = 20;", "console.log(n + 1); // 21"), undefined);
    assert.equal(await problemOf('console.log(Deno.env.get("GREETING")); // hello'), undefined);
  });

  it("has a problem when it prints something else, too little or too much, fails or does not compile", async () => {
    assert.match(String(await problemOf("console.log(1 + 1); // 3")), /expected line 1 to be\s+3\s+got\s+2/);
    assert.match(String(await problemOf("console.log(1); // 1", "console.log(2);")), /expected 1 lines/);
    assert.match(String(await problemOf('parseInt("1");')), /expected 0 lines, at least one/);
    assert.match(String(await problemOf("console.log(1); // 1", 'throw new Error("broken");')), /broken/);
    assert.match(String(await problemOf('const n: number = "one";')), /TS2322/);
  });
});
