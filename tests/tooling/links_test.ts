import assert from "node:assert/strict";
import { it } from "node:test";
import { anchorsOf, deadLinks } from "../../scripts/_links.ts";

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
