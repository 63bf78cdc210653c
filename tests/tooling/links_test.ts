import assert from "node:assert/strict";
import { it } from "node:test";
import { anchorsOf, deadLinks, publishedPage } from "../../scripts/_links.ts";

const pages: Readonly<Record<string, string>> = {
  "README.md": "[a](docs/a.md) [b](docs/b.md) [c](docs/a.md#two-words) [d](docs/a.md#three)",
  "docs/a.md": "# Two `words`!\n[up](../README.md) [self](#two-words) [web](https://example.com/x.md)\n" +
    "```md\n# Three\n[no link](nowhere.md)\n```\n",
};
const tree = {
  read: (path: string) => Promise.resolve(pages[path]),
  exists: (path: string) => Promise.resolve(path in pages),
};

it("finds the links to files and headings that do not exist", async () => {
  assert.deepEqual(await deadLinks(["README.md", "docs/a.md"], tree), [
    "README.md: docs/b.md",
    "README.md: docs/a.md#three",
  ]);
});

it("names headings as GitHub does", () => {
  const text =
    "# Streams, server-sent events\n## Your own `onError` and `notFound`\n## 6. A listener\n# A\n# A";
  assert.deepEqual([...anchorsOf(text)], [
    "streams-server-sent-events",
    "your-own-onerror-and-notfound",
    "6-a-listener",
    "a",
    "a-1",
  ]);
});

it("points the links that leave the package to the repository", () => {
  const page =
    "[a](docs/a.md#two) [b](CONTRIBUTING.md#tests) [c](examples/x) [d](#here) [e](https://x.org)\n" +
    "```md\n[f](CONTRIBUTING.md)\n```\n";
  const source = { repository: "https://example.com/r", version: "1.2.0" };
  assert.equal(
    publishedPage(page, "README.md", (path) => path === "docs/a.md", source),
    "[a](docs/a.md#two) [b](https://example.com/r/blob/v1.2.0/CONTRIBUTING.md#tests) " +
      "[c](https://example.com/r/tree/v1.2.0/examples/x) [d](#here) [e](https://x.org)\n" +
      "```md\n[f](CONTRIBUTING.md)\n```\n",
  );
  assert.equal(
    publishedPage("[m](../messaging/mod.ts)", "docs/a.md", () => false, source),
    "[m](https://example.com/r/blob/v1.2.0/messaging/mod.ts)",
  );
});
