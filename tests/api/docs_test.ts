import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { describeRoute, type DocsOptions, glamMiddleware, implement, notFound } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { CreditDeducted } from "@glam/shared/messaging";
import { Hono } from "hono";
import * as z from "zod";
import { type LogEntry, recordingLogger, send } from "./_support.ts";

const GetItem = defineEndpoint("GET /items/:id", {
  data: z.object({ name: z.string() }),
  summary: "One item",
  description: "Of the `catalog`, see [more](https://example.com/a).",
  tags: ["items"],
});

interface Env {
  Variables: { role?: string };
}

/** A catalog with these docs. */
function catalog(docs: DocsOptions = {}): { readonly app: Hono<Env>; readonly entries: LogEntry[] } {
  const { logger, entries } = recordingLogger();
  const app = new Hono<Env>();
  app.use(glamMiddleware({ service: "catalog", app, logger, docs: { expose: true, ...docs } }));
  app.use((c, next) => {
    c.set("role", c.req.header("x-role") ?? "nobody");
    if (c.var.role === "banned") return Promise.resolve(c.text("No", 403));
    return next();
  });
  implement(app, GetItem, () => ({ name: "Lipstick" }));
  return { app, entries };
}

/** Runs `fn` with a value of `APP_ENV`. */
async function inEnvironment(name: string | undefined, fn: () => Promise<void>): Promise<void> {
  const before = process.env["APP_ENV"];
  if (name === undefined) delete process.env["APP_ENV"];
  else process.env["APP_ENV"] = name;
  try {
    await fn();
  } finally {
    if (before === undefined) delete process.env["APP_ENV"];
    else process.env["APP_ENV"] = before;
  }
}

const PATHS = ["/docs", "/openapi.json", "/asyncapi.json"];

describe("the documentation", () => {
  it("is a page and two documents", async () => {
    const { app } = catalog({ events: [CreditDeducted], version: "1.2.3" });
    const [page, openapi, asyncapi] = await Promise.all(PATHS.map((path) => send(app, path)));
    assert.deepEqual([page!.status, openapi!.status, asyncapi!.status], [200, 200, 200]);
    assert.equal(page!.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(page!.text, /<title>catalog 1\.2\.3<\/title>/);
    assert.match(page!.text, /One item/);
    assert.match(page!.text, /evt\.credit\.deducted\.v1/);
    assert.deepEqual(openapi!.body.info, { title: "catalog", version: "1.2.3" });
    assert.deepEqual(Object.keys(openapi!.body.paths), [
      "/api/v1/health",
      "/health/live",
      "/health/ready",
      "/items/{id}",
    ]);
    assert.deepEqual(Object.keys(asyncapi!.body.channels), ["evt.credit.deducted.v1"]);
  });

  it("has headers that keep it out of caches and search engines, and a nonce of its own each time", async () => {
    const { app } = catalog({ events: [CreditDeducted] });
    for (const path of PATHS) {
      const { headers } = await send(app, path);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.match(headers.get("x-robots-tag")!, /noindex/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("content-security-policy")!, /^default-src 'none';/);
      assert.doesNotMatch(headers.get("content-security-policy")!, /unsafe/);
    }
    const nonces = await Promise.all([1, 2].map(async () => {
      const { headers, text } = await send(app, "/docs");
      const [, nonce] = /style-src 'nonce-([\w+/]{24})'/.exec(headers.get("content-security-policy")!)!;
      assert.ok(text.includes(`<style nonce="${nonce}">`));
      return nonce;
    }));
    assert.notEqual(nonces[0], nonces[1]);
  });

  it("has no script, requests nothing from another host, and shows text as text", async () => {
    const { app } = catalog({
      title: "<script>alert(1)</script>",
      description: '"><img src=x onerror=alert(1)>',
    });
    const { text } = await send(app, "/docs");
    assert.doesNotMatch(text, /<script|<img|<link|@import|url\(/);
    const links = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url!);
    assert.deepEqual(links.filter((url) => !url.startsWith("#")), [
      "openapi.json",
      "docs/try",
      "https://example.com/a",
    ]);
  });

  it("has links and a server that hold behind a path prefix", async () => {
    const { app } = catalog({ path: "/internal/docs", events: [CreditDeducted] });
    const { text } = await send(app, "/internal/docs");
    assert.match(text, /href="openapi\.json"/);
    assert.match(text, /href="asyncapi\.json"/);
    const { body } = await send(app, "/internal/openapi.json");
    assert.deepEqual(body.servers, [{ url: ".." }]);
    assert.deepEqual((await send(catalog().app, "/openapi.json")).body.servers, [{ url: "." }]);
    assert.equal(new URL("..", "https://a.test/shop/internal/openapi.json").pathname, "/shop/");
    assert.equal((await send(app, "/internal/asyncapi.json")).status, 200);
    assert.equal((await send(app, "/docs")).status, 404);
  });

  it("is there for GET and HEAD, in the access log and in the metrics", async () => {
    const { app, entries } = catalog();
    assert.equal((await send(app, "/docs", { method: "HEAD" })).status, 200);
    const refused = await send(app, "/docs", { method: "POST" });
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, HEAD"]);
    assert.equal(entries.filter(({ message }) => message === "Request completed").length, 2);
    const { text } = await send(app, "/metrics");
    assert.match(text, /http_requests_total\{[^}]*endpoint="\/docs"[^}]*status="200"[^}]*\} 1/);
  });

  it("says what a reader has to know of an endpoint", async () => {
    const { app } = catalog();
    implement(
      app,
      defineEndpoint("POST /a/:id", {
        query: z.object({ limit: z.coerce.number<string>().int().min(1).max(5).default(2) }),
        body: z.object({ word: z.string().min(1).describe("One <word>") }),
        data: z.object({ n: z.int() }),
        scopes: ["a:write"],
        deprecated: true,
        response: "unchecked",
        examples: [{ summary: "A colour", body: { word: "red" } }],
      }),
      () => ({ n: 1 }),
    );
    const { text } = await send(app, "/docs");
    const operation = text.slice(text.indexOf('<div id="post_a_id">'));
    assert.match(text, /<wbr>\/a<wbr>\/\{id\}<\/code><em>deprecated<\/em>/);
    for (
      const part of [
        "Authentication with <code>a:write</code>",
        "<code>limit?</code></td><td>query</td><td><code>integer</code> <small>1 to 5, default 2</small>",
        "word: string <small>length ≥ 1, One &lt;word&gt;</small>",
        "A colour",
        "&quot;word&quot;: &quot;red&quot;",
        "<code>VALIDATION_ERROR</code>",
        "Answers are not compared with their schema",
      ]
    ) {
      assert.ok(operation.includes(part), `${part} in\n${operation}`);
    }
  });

  it("of 300 endpoints is a page under 1 MB", async () => {
    const { app } = catalog();
    for (let i = 0; i < 300; i++) {
      implement(
        app,
        defineEndpoint(`POST /api/v1/shops/:shop/things_${i}/:id`, {
          body: z.object({ name: z.string().max(200), price: z.number().min(0), tags: z.array(z.string()) }),
          data: z.object({ id: z.uuid(), name: z.string(), price: z.number(), tags: z.array(z.string()) }),
          tags: [`things ${i % 10}`],
          summary: "Adds a thing to those of a shop",
          description: "A thing is what a shop sells. The same name again is the same thing.",
        }),
        () => ({ id: "", name: "", price: 0, tags: [] }),
      );
    }
    const { text } = await send(app, "/docs");
    assert.equal(text.match(/<details>/g)!.length > 300, true);
    assert.ok(text.length < 1_000_000, `${text.length}`);
  });

  it("has Swagger UI under it, from the disk, whose scripts are files of the service", async () => {
    const { app } = catalog();
    const { headers, text } = await send(app, "/docs/try");
    assert.equal(
      headers.get("content-security-policy")?.split("; ").slice(0, 2).join("; "),
      "default-src 'self'; img-src 'self' data:",
    );
    const links = [...text.matchAll(/(?:href|src)="(try[^"]*)"/g)].map(([, url]) => url!);
    assert.deepEqual(links, ["try/swagger-ui.css", "try/swagger-ui-bundle.js", "try/boot.js"]);
    assert.doesNotMatch(text, /<script>|<style|https?:/);
    for (const link of links) {
      const { status, headers } = await send(app, `/docs/${link}`);
      assert.equal(status, 200);
      assert.match(headers.get("content-type")!, link.endsWith("css") ? /^text\/css/ : /^text\/javascript/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    }
    assert.equal((await send(app, "/docs/try/package.json")).status, 404);
    assert.equal((await send(app, "/docs/try/../package.json")).status, 404);
  });

  it("names routes that nothing is known of", async () => {
    const { app } = catalog();
    app.get("/dark", (c) => c.text(""));
    assert.match((await send(app, "/docs")).text, /GET \/dark/);
    assert.deepEqual((await send(app, "/openapi.json")).body["x-undocumented"], ["GET /dark"]);
  });

  it("is a failure that says what to do where nothing is known of any route, or JSON has no image", async () => {
    for (
      const [message, add] of [
        [/Give one a contract/, (app: Hono) => void app.get("/dark", (c) => c.text(""))],
        [
          /GET \/a, data: JSON has no image/,
          (app: Hono) =>
            void app.get("/a", describeRoute({ data: z.map(z.string(), z.string()) }), (c) => c.text("")),
        ],
      ] as const
    ) {
      const { logger, entries } = recordingLogger();
      const app = new Hono();
      app.use(glamMiddleware({ app, logger, docs: { expose: true } }));
      add(app);
      assert.equal((await send(app, "/docs")).status, 500);
      const failure = entries.find(({ level }) => level === "error");
      assert.match(String((failure!.fields!["error"] as Error).message), message);
    }
  });
});

describe("the documentation is exposed", () => {
  const statuses = async (app: Hono<Env>, headers: Record<string, string> = {}) =>
    await Promise.all(PATHS.slice(0, 2).map(async (path) => (await send(app, path, { headers })).status));

  it("by default only where APP_ENV is set to a name of development", async () => {
    for (const name of ["dev", "development", "local", "test", "DEV"]) {
      await inEnvironment(
        name,
        async () => assert.deepEqual(await statuses(catalog({ expose: undefined }).app), [200, 200], name),
      );
    }
    for (const name of [undefined, "", "prod", "production", "staging", "devel"]) {
      await inEnvironment(
        name,
        async () =>
          assert.deepEqual(await statuses(catalog({ expose: undefined }).app), [404, 404], String(name)),
      );
    }
  });

  it("to nobody where it says so: the ordinary 404, also with a notFound of the application's own", async () => {
    const { app } = catalog({ expose: false });
    const { body } = await send(app, "/docs");
    assert.deepEqual(body.error, (await send(app, "/nowhere")).body.error);
    app.notFound((c) => c.text("nothing here", 404));
    assert.equal((await send(app, "/docs")).text, "nothing here");
  });

  it("to whom a function lets through, after the application's middleware", async () => {
    for (
      const handler of [
        undefined,
        notFound,
        (c: { text(text: string, status: 404): Response }) => c.text("none", 404),
      ]
    ) {
      const { app } = catalog({ expose: (c) => Promise.resolve(c.get("role" as never) === "admin") });
      if (handler !== undefined) app.notFound(handler as never);
      assert.deepEqual(await statuses(app, { "x-role": "admin" }), [200, 200]);
      assert.deepEqual(await statuses(app), [404, 404]);
      assert.deepEqual(await statuses(app, { "x-role": "banned" }), [403, 403]);
      const [hidden, unknown] = [await send(app, "/docs"), await send(app, "/nowhere")];
      assert.deepEqual([hidden.body?.error, hidden.text.length], [unknown.body?.error, unknown.text.length]);
      assert.equal(
        (await send(app, "/docs", { method: "POST", headers: { "x-role": "admin" } })).status,
        404,
      );
    }
  });

  it("by a function in the time that a request has, and never in place of a route of the application", async () => {
    const { logger } = recordingLogger();
    const app = new Hono();
    app.use(glamMiddleware({ app, logger, timeoutMs: 20, docs: { expose: () => true } }));
    implement(app, GetItem, () => ({ name: "Lipstick" }));
    app.get("/docs", (c) => c.text("own"));
    app.get("/openapi.json", () => new Promise<Response>(() => {}));
    assert.equal((await send(app, "/docs")).text, "own");
    assert.equal((await send(app, "/openapi.json")).status, 504);
  });

  it("and counted as unmatched where it is not", async () => {
    const { app } = catalog({ expose: () => false });
    await send(app, "/docs");
    assert.match((await send(app, "/metrics")).text, /http_requests_total\{[^}]*endpoint="unmatched"/);
  });

  it("never by a function that answers anything but true, and a function that fails is a 500", async () => {
    assert.deepEqual(await statuses(catalog({ expose: (() => "yes") as never }).app), [404, 404]);
    const { app } = catalog({
      expose() {
        throw new Error("no directory");
      },
    });
    assert.deepEqual(await statuses(app), [500, 500]);
  });
});
