import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { promisedByExample, runExamples } from "../../scripts/_page_examples.ts";
import { cacheDir, root } from "../../scripts/_project.ts";

/** What is wrong with a page with these blocks. */
async function problemsOf(...blocks: string[]): Promise<string[]> {
  const path = `${cacheDir}/pages/test_${crypto.randomUUID()}.md`;
  await Deno.mkdir(`${cacheDir}/pages`, { recursive: true });
  await Deno.writeTextFile(path, blocks.map((block) => "```ts\n" + block + "\n```\n").join("\ntext\n\n"));
  try {
    return await runExamples(path.slice(root.length + 1), `${root}/deno.json`);
  } finally {
    await Deno.remove(path);
  }
}

describe("the examples of a page", () => {
  it("promise what stands behind console.log, or below it", () => {
    const example =
      'console.log(1); // 1\nconsole.log(\n  f(2),\n);\n// two\nconsole.log("x");\nfoo(); // no promise\n';
    assert.deepEqual(promisedByExample(example), ["1", "two"]);
  });

  it("have no problem when each prints what it promises, whatever stands between", async () => {
    assert.deepEqual(
      await problemsOf("const n = 1;\nconsole.log(n); // 1", "const n = 2;\nconsole.log(n); // 2"),
      [],
    );
    assert.deepEqual(await problemsOf('console.log("a line of a log");\nconsole.log([1]); // [ 1 ]'), []);
    const long = `console.log({ a: "${"x".repeat(50)}", b: "${"y".repeat(50)}" });`;
    assert.deepEqual(
      await problemsOf(`${long}\n// { a: "${"x".repeat(50)}", b: "${"y".repeat(50)}" }`),
      [],
      "an object that Deno breaks into lines",
    );
  });

  it("have a problem when one prints something else, in another order, or fails", async () => {
    assert.match(
      (await problemsOf("console.log(1 + 1); // 3"))[0]!,
      /\.md:1: expected it to print\s+3\s+got\s+2/,
    );
    const [order] = await problemsOf("console.log(2); // 1\nconsole.log(1); // 2");
    assert.match(order!, /expected it to print\s+2/);
    assert.match(
      (await problemsOf('console.log(1); // 1\nthrow new Error("broken");'))[0]!,
      /failed:[^]*broken/,
    );
    assert.equal((await problemsOf("console.log(1); // 2", "console.log(1); // 3")).length, 2);
  });
});
