import assert from "node:assert/strict";
import { test } from "node:test";
import { packedManifest, tarball } from "../../scripts/_consumer.ts";
import { deadLinks } from "../../scripts/_links.ts";
import { repository } from "../../scripts/_manifest.ts";
import { project, root } from "../../scripts/_project.ts";
import { readTarball } from "../../scripts/_tarball.ts";

test("the pages of the package link to what is in it, and else to what is in the repository", async () => {
  const files = await readTarball(await tarball());
  const read = (path: string) => {
    const data = files.get(path);
    return Promise.resolve(data === undefined ? undefined : new TextDecoder().decode(data));
  };
  const pages = [...files.keys()].filter((name) => name.endsWith(".md"));
  assert.ok(pages.includes("README.md") && pages.includes("docs/tutorial.md"), pages.join());
  const dead = await deadLinks(pages, {
    read,
    exists: (path) => Promise.resolve([...files.keys()].some((name) => `${name}/`.startsWith(`${path}/`))),
  });
  assert.deepEqual(dead, []);

  const outside = new RegExp(`\\]\\(${repository}/(blob|tree)/v([^/]+)/([^)#]+)`, "g");
  const links = (await Promise.all(pages.map(async (page) => [...(await read(page))!.matchAll(outside)])))
    .flat();
  assert.ok(links.some(([, , , path]) => path === "examples/credits"));
  for (const [link, kind, version, path] of links) {
    const info = await Deno.stat(`${root}/${path}`).catch(() => undefined);
    assert.equal(info?.isDirectory, kind === "tree", link);
    assert.equal(version, project.version, link);
  }
});

test("package.json says where the sources, the problems and the pages are", async () => {
  const { repository: sources, homepage, bugs, keywords } = await packedManifest();
  assert.deepEqual(sources, { type: "git", url: `git+${repository}.git` });
  assert.deepEqual(bugs, { url: `${repository}/issues` });
  assert.equal(homepage, `${repository}#readme`);
  assert.ok((keywords as string[]).includes("hono"));
});
