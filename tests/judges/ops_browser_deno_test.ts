// What a browser makes of the operations page. Deno only: it starts a tool.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createOpsApp } from "@glam/shared/ops";
import { Hono } from "hono";
import type { Visited } from "../_support/browser_visit.ts";
import { findChromium, visit } from "../_support/chromium.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { serveApp } from "../_support/served_app.ts";
import { ADA, bury, fleetBus } from "../ops/_support.ts";

const chromium = await findChromium();
const without = chromium === undefined && "there is no chromium; bring it with: apt-get install chromium";

const MARKUP =
  `</pre></script><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const LONG = "a_very_long_word_that_no_line_may_break".repeat(5);

/** A fleet with hostile dead letters, behind a proxy that takes the prefix `/shop` away. */
async function serveOps() {
  const bus = await fleetBus();
  await bury(bus, {
    data: JSON.stringify({ data: MARKUP, long: LONG }),
    code: LONG,
    headers: [["X-A", MARKUP]],
  });
  await bury(bus, { data: MARKUP, subject: `evt.${LONG}.v1`, consumer: MARKUP });
  for (let n = 0; n < 60; n++) await bury(bus, { code: "DATABASE_ERROR" });
  const app = new Hono();
  app.route("/ops", createOpsApp({ authorize: () => ADA, bus, logger: recordingLogger().logger }));
  const server = await serveApp((request, env) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/shop/")) return new Response("not here", { status: 404 });
    url.pathname = url.pathname.slice("/shop".length);
    return app.fetch(new Request(url, request), env as never);
  });
  return {
    bus,
    url: `${server.url}/shop/ops`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await bus.close();
    },
  };
}

/** Nothing went wrong, no script of anybody ran, and nothing was asked of another place. */
function assertClean({ status, errors, requests, title }: Visited, url: string, what: string): void {
  assert.equal(status, 200, what);
  assert.deepEqual(errors, [], what);
  assert.deepEqual(requests.filter((each) => !each.startsWith(url)), [], what);
  assert.notEqual(title, "owned", what);
}

describe("the operations page in a browser", { skip: without }, () => {
  it("breaks no policy, asks no other host, and needs no scroll sideways, wide and narrow, light and dark, without script", async () => {
    await using ops = await serveOps();
    const paths = [
      "",
      "/",
      "/fleet",
      "/dead-letters",
      "/dead-letters/1",
      "/dead-letters/2",
      "/streams",
      "/outbox",
    ];
    paths.push("/schedules", "/trail", "/dead-letters/redrive?subject=evt.%3E", "/dead-letters/purge");
    const looks = [
      { width: 1280, colorScheme: "light", scripts: true },
      { width: 360, colorScheme: "dark", scripts: false },
      { width: 360, colorScheme: "light", scripts: true },
      { width: 1280, colorScheme: "dark", scripts: false },
    ] as const;
    const variants = paths.flatMap((path, index) =>
      looks.filter((_, look) => path === "/dead-letters" || look === index % looks.length)
        .map((look) => ({ ...look, url: ops.url + path }))
    );
    for (const [index, each] of (await visit(chromium!, variants)).entries()) {
      const what = JSON.stringify(variants[index]);
      assertClean(each, ops.url, what);
      assert.equal(each.overflow, 0, what);
      const isDark = variants[index]!.colorScheme === "dark";
      assert.equal(each.background, isDark ? "rgb(18, 21, 26)" : "rgb(255, 255, 255)", what);
    }
  });

  it("is used by its links and forms, behind a prefix, with and without script", async () => {
    await using ops = await serveOps();
    const [filtered, redriven, deleted] = await visit(chromium!, [
      {
        url: ops.url,
        clicks: ['nav a:text("Dead letters")'],
        fills: [['input[name="code"]', "DATABASE_ERROR"]],
        then: ['button:text("Filter")', 'a:text("Older ones")'],
        scripts: false,
      },
      {
        url: ops.url,
        clicks: [
          'nav a:text("Dead letters")',
          'td a:text("62")',
          'a:text("Redrive …")',
          'button:text("Redrive 1")',
        ],
        awaits: ".note.good",
        scripts: false,
      },
      {
        url: ops.url,
        clicks: [
          '.tile a:text("Dead letters")',
          'td a:text("61")',
          'a:text("Delete …")',
          'button:text("Delete 1")',
        ],
        awaits: ".note.good",
      },
    ]);
    assert.match(filtered.text, /Filtered by code DATABASE_ERROR; 62 dead letters in all/);
    assert.equal(redriven.awaited, "Redrove 1 of 1 dead letter.");
    assert.equal(deleted.awaited, "Deleted 1 dead letter.");
    for (const each of [filtered, redriven, deleted]) assertClean(each, ops.url, each.title);
    assert.equal((await ops.bus.streamInfo("GLAM_DLQ"))!.messages, 60);
    assert.equal((await ops.bus.streamInfo("GLAM_EVENTS"))!.messages, 1);
  });

  it("is used by the keyboard alone", async () => {
    await using ops = await serveOps();
    const [skipped, redriven] = await visit(chromium!, [
      { url: ops.url, tabsTo: ["To the content"], awaits: "main:target" },
      {
        url: ops.url,
        tabsTo: ["Dead letters", "62", "Redrive …", "Redrive 1"],
        awaits: ".note.good",
        scripts: false,
      },
    ]);
    assert.match(skipped.awaited!, /Overview/);
    assert.equal(redriven.awaited, "Redrove 1 of 1 dead letter.");
  });
});
