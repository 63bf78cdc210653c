// What a browser makes of the documentation. Deno only: it starts a tool.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { implement } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import type { Hono } from "hono";
import * as z from "zod";
import { createApp } from "../../examples/credits/app.ts";
import type { Visited } from "../_support/browser_visit.ts";
import { guards, operator } from "../_support/credits_callers.ts";
import { findChromium, visit } from "../_support/chromium.ts";
import { serveApp, type ServedApp } from "../_support/served_app.ts";

const chromium = await findChromium();
const without = chromium === undefined && "there is no chromium; bring it with: apt-get install chromium";

/** The example with a route for a long word, behind a proxy that takes the prefix `/shop` away and says who calls. */
async function serveDocs(): Promise<ServedApp> {
  const app = createApp(() => {
    throw new NotFoundError("Merchant nobody not found", { resource: "merchant", resourceId: "nobody" });
  }, {
    accessLog: false,
    guards: await guards(),
    docs: { expose: true, description: "See [the tutorial](https://example.com/a)." },
  });
  const long = "a_very_long_word_that_no_line_may_break".repeat(5);
  implement(
    app as unknown as Hono,
    defineEndpoint(`GET /${long}/:id`, {
      data: z.object({ [long]: z.string().describe(long) }),
      description: long,
    }),
    () => ({ [long]: "" }),
  );
  const { headers: { Authorization: credential } } = await operator();
  return await serveApp((request, env) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/shop/")) return new Response("not here", { status: 404 });
    url.pathname = url.pathname.slice("/shop".length);
    const headers = new Headers(request.headers);
    headers.set("Authorization", credential);
    return app.fetch(new Request(url, { headers }), env as never);
  });
}

/** Nothing went wrong, and nothing was asked of another host. */
function assertClean({ status, errors, requests }: Visited, server: ServedApp): void {
  assert.equal(status, 200);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    requests.filter((url) => !url.startsWith(`${server.url}/shop/`) && !url.startsWith("data:")),
    [],
  );
}

const opened = ["details:has(#post_api_v1_merchants_id_credits_deduct) summary"];

describe("the page of documentation in a browser", { skip: without }, () => {
  it("breaks no policy, asks no other host, and needs no scroll sideways, wide and narrow, light and dark, without script", async () => {
    await using server = await serveDocs();
    const url = `${server.url}/shop/docs`;
    const variants = [1280, 360].flatMap((width) =>
      (["light", "dark"] as const).flatMap((colorScheme) =>
        [true, false].map((scripts) => ({ url, width, colorScheme, scripts, clicks: opened }))
      )
    );
    const visited = await visit(chromium!, variants);
    for (const [index, each] of visited.entries()) {
      assertClean(each, server);
      assert.deepEqual(each.requests, [url]);
      assert.equal(each.overflow, 0, JSON.stringify(variants[index]));
      assert.match(each.text, /INSUFFICIENT_CREDIT/); // it opens without a script, too
      const isDark = variants[index]!.colorScheme === "dark";
      assert.equal(each.background, isDark ? "rgb(18, 21, 26)" : "rgb(255, 255, 255)");
    }
  });

  it("opens the schema that a link leads to, without a script", async () => {
    await using server = await serveDocs();
    const url = `${server.url}/shop/docs`;
    const link = 'a[href="#schema-LedgerEntry"]';
    const [closed, open] = await visit(chromium!, [
      { url, scripts: false },
      { url, scripts: false, clicks: [...opened, link] },
    ]);
    assert.doesNotMatch(closed.text, /balance_after: integer/);
    assert.match(open.text, /balance_after: integer/);
  });

  it("has links that lead to the documents, behind a prefix", async () => {
    await using server = await serveDocs();
    const documents = [["OpenAPI", /"openapi":"3\.1\.0"/], ["AsyncAPI", /"asyncapi":"3\.0\.0"/]] as const;
    const visited = await visit(
      chromium!,
      documents.map(([text]) => ({ url: `${server.url}/shop/docs`, clicks: [`.links a:text("${text}")`] })),
    );
    for (const [index, [, content]] of documents.entries()) {
      assertClean(visited[index]!, server);
      assert.match(visited[index]!.text, content);
    }
  });
});

describe("Swagger UI in a browser", { skip: without }, () => {
  it("executes a request behind a prefix, breaks no policy and asks no other host", async () => {
    await using server = await serveDocs();
    const operation = "#operations-merchants-get_api_v1_merchants_id";
    const [visited] = await visit(chromium!, [{
      url: `${server.url}/shop/docs/try`,
      clicks: [`${operation} .opblock-summary-control`, ".try-out__btn"],
      fills: [[`${operation} input[placeholder="id"]`, "nobody"]],
      then: [".execute"],
      awaits: ".live-responses-table tbody .response-col_status",
    }]);
    const errors = visited.errors.filter((error) => !error.includes("status of 404")); // the answer that is awaited
    assertClean({ ...visited, errors }, server);
    assert.match(visited.awaited!, /^404/);
    assert.equal(visited.requests.at(-1), `${server.url}/shop/api/v1/merchants/nobody`);
    assert.match(visited.text, /Merchant nobody not found/);
  });
});
