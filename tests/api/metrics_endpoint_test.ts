import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import { ConflictError } from "@glam/shared/errors";
import { Hono } from "hono";
import { byExtent } from "../_support/extent.ts";
import { waitFor } from "../_support/wait_for.ts";
import { type App, createApp, deferred, recordingLogger, send } from "./_support.ts";

/** The samples of a scrape by name and labels, as they are written. */
async function scrape(app: App | Hono, path = "/metrics"): Promise<Map<string, number>> {
  const { status, text } = await send(app, path);
  assert.equal(status, 200);
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(samples.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

function total(method: string, endpoint: string, status: number, service = "catalog"): string {
  return `http_requests_total{service="${service}",method="${method}",endpoint="${endpoint}",status="${status}"}`;
}

describe("GET /metrics", () => {
  it("has the names, types and labels that dashboards know", async () => {
    const { app } = createApp();
    app.get("/items/:id", (c) => success(c, 1));
    await send(app, "/items/7");
    const { headers, text } = await send(app, "/metrics");
    assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for (
      const line of [
        "# TYPE http_requests_total counter",
        "# TYPE http_request_duration_seconds histogram",
        "# TYPE http_requests_in_progress gauge",
      ]
    ) assert.ok(text.includes(`${line}\n`), line);
    const samples = await scrape(app);
    assert.equal(samples.get(total("GET", "/items/{id}", 200)), 1);
    const labels = 'service="catalog",method="GET",endpoint="/items/{id}"';
    assert.equal(samples.get(`http_request_duration_seconds_count{${labels}}`), 1);
    assert.ok(samples.get(`http_request_duration_seconds_sum{${labels}}`)! > 0);
    assert.equal(samples.get('http_requests_in_progress{service="catalog"}'), 0);
    const bounds = [...samples.keys()].filter((key) => key.startsWith("http_request_duration_seconds_bucket"))
      .map((key) => /le="([^"]+)"/.exec(key)![1]!);
    assert.deepEqual(bounds.map(Number).slice(0, -1), [
      ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75],
      ...[1, 2.5, 5, 7.5, 10],
    ]);
    assert.equal(bounds.at(-1), "+Inf");
    assert.ok([...samples.keys()].some((key) => key.startsWith("process_")), "the process's own metrics");
  });

  it("is not counted itself, whatever the method", async () => {
    const { app } = createApp();
    for (const method of ["GET", "HEAD", "POST"]) await send(app, "/metrics", { method });
    const samples = await scrape(app);
    assert.deepEqual([...samples.keys()].filter((key) => key.startsWith("http_requests_total")), []);
    assert.equal(samples.get('http_requests_in_progress{service="catalog"}'), 0);
  });

  it("is OpenMetrics with exemplars for those who accept it", async () => {
    const { app } = createApp();
    app.get("/", (c) => success(c, 1));
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await send(app, "/", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    const accept =
      "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    const open = await send(app, "/metrics", { headers: { accept } });
    assert.match(open.headers.get("content-type")!, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(
      open.text,
      new RegExp(`_bucket\\{[^}]*\\} 1 # \\{trace_id="${traceId}"\\} [0-9.e-]+ [0-9.]+\n`),
    );
    assert.ok(open.text.endsWith("# EOF\n"));
    assert.match(open.headers.get("vary")!, /Accept/);
    for (const accept of ["text/plain", "*/*", ""]) {
      const plain = await send(app, "/metrics", { headers: { accept } });
      assert.match(plain.headers.get("content-type")!, /^text\/plain/);
      assert.ok(!plain.text.includes("# {") && !plain.text.includes("# EOF"));
    }
    assert.equal((await send(app, "/metrics", { method: "HEAD" })).text, "");
  });
});

describe("the endpoint of a request", () => {
  const { app } = createApp();
  app.use("/admin/*", (c) => Promise.resolve(c.text("no", 401)));
  app.use("/exact/:id", async (c, next) => {
    if (c.req.query("abort") !== undefined) return c.text("no", 401);
    await next();
  });
  app.get("/admin/users/:id", (c) => c.text("x"));
  app.get("/exact/:id", (c) => c.text("x"));
  app.get("/orders/:id{[0-9]{2,4}}/lines/:line{(a|b)}", (c) => c.text("x"));
  app.get("/reports/:year?", (c) => c.text("x"));
  app.get("/files/*", (c) => c.text("x"));
  app.get("/with:colon", (c) => c.text("x"));
  app.get("/many", (_, next) => next(), (_, next) => next(), (c) => c.text("x"));
  app.all("/any/:id", (c) => c.text("x"));
  app.on(["PURGE", "GET"], "/cache/:key", (c) => c.text("x"));
  app.get("/throws/:id", () => {
    throw new ConflictError("x");
  });
  app.get("/own-404/:id", (c) => c.json({}, 404));
  app.get("/calls/:id", (c) => c.notFound());
  app.get("/nothing/:id", (() => {}) as never);
  const sub = new Hono().use((_, next) => next()).get("/", (c) => c.text("x")).get(
    "/things/:id",
    (c) => c.text("x"),
  );
  app.route("/sub/:tenant", sub);
  app.basePath("/v1").get("/based/:id", (c) => c.text("x"));
  app.mount("/mounted", () => new Response("x"));

  const CASES: readonly (readonly [request: string, method: string, endpoint: string, status: number])[] = [
    ["GET /admin/users/7", "GET", "/admin/users/{id}", 401],
    ["GET /exact/7", "GET", "/exact/{id}", 200],
    ["GET /exact/7?abort=1", "GET", "/exact/{id}", 401],
    ["GET /orders/42/lines/a", "GET", "/orders/{id}/lines/{line}", 200],
    ["GET /orders/x/lines/a", "GET", "unmatched", 404],
    ["GET /reports", "GET", "/reports/{year}", 200],
    ["GET /reports/2026", "GET", "/reports/{year}", 200],
    ["GET /files/a/b.txt", "GET", "/files/*", 200],
    ["GET /with:colon", "GET", "/with:colon", 200],
    ["GET /many", "GET", "/many", 200],
    ["DELETE /any/7", "DELETE", "/any/{id}", 200],
    ["HEAD /exact/7", "HEAD", "/exact/{id}", 200],
    ["PURGE /cache/x", "_OTHER", "/cache/{key}", 200],
    ["PROPFIND /missing", "_OTHER", "unmatched", 404],
    ["GET /throws/7", "GET", "/throws/{id}", 409],
    ["GET /own-404/7", "GET", "/own-404/{id}", 404],
    ["GET /calls/7", "GET", "/calls/{id}", 404],
    ["GET /nothing/7", "GET", "/nothing/{id}", 500],
    ["GET /sub/acme", "GET", "/sub/{tenant}", 200],
    ["GET /sub/acme/things/7", "GET", "/sub/{tenant}/things/{id}", 200],
    ["GET /sub/acme/missing", "GET", "unmatched", 404],
    ["GET /v1/based/7", "GET", "/v1/based/{id}", 200],
    ["GET /missing/7", "GET", "unmatched", 404],
    ["POST /exact/7", "POST", "unmatched", 404],
    ["GET /mounted/x/y", "GET", "unmatched", 200],
    ["GET /admin/secret-path", "GET", "unmatched", 401],
  ];
  for (const [request, method, endpoint, status] of CASES) {
    it(`is ${endpoint} for ${request}`, async () => {
      const [verb, path] = request.split(" ") as [string, string];
      const before = (await scrape(app)).get(total(method, endpoint, status)) ?? 0;
      assert.equal((await send(app, path, { method: verb })).status, status);
      assert.equal((await scrape(app)).get(total(method, endpoint, status)), before + 1);
    });
  }

  const rounds = byExtent({ whole: 834, short: 84 });
  it(`is bounded: ${12 * rounds} random paths and methods add one series for each method and status`, async () => {
    const app = new Hono();
    const { logger } = recordingLogger();
    app.use(glamMiddleware({ service: "catalog", logger, methodNotAllowed: app }));
    app.use("/guarded/*", (c) => Promise.resolve(c.text("no", 401)));
    app.get("/items/:id", (c) => success(c, 1));
    const count = async () => [...(await scrape(app)).keys()].filter((key) => key.startsWith("http_")).length;
    const paths = [(i: number) => `/x${i}`, (i: number) => `/guarded/${i}`, (i: number) => `/items/${i}`];
    const methods = ["GET", "POST", "HEAD"];
    const warm = async (i: number) => {
      for (const path of paths) {
        for (const method of [...methods, `M${i}`]) await app.request(path(i), { method });
      }
    };
    await warm(0);
    const before = await count();
    for (let i = 1; i <= rounds; i++) await warm(i);
    assert.equal(await count(), before);
  });
});

describe("http_requests_in_progress", () => {
  it("rises while a request runs, and is 0 after every kind of end", async () => {
    const { app } = createApp({ timeoutMs: 600_000 });
    const gate = deferred();
    let entered = false;
    app.get("/waits", async (c) => {
      entered = true;
      await gate.promise;
      return c.text("x");
    });
    for (
      const [name, value] of [["error", new Error("x")], ["string", "x"], ["undefined", undefined]] as const
    ) {
      app.get(`/${name}`, () => {
        throw value;
      });
    }
    app.get("/nothing", (() => {}) as never);
    const inProgress = async () => (await scrape(app)).get('http_requests_in_progress{service="catalog"}');
    const waiting = app.request("/waits");
    await waitFor(() => entered, "the handler is entered");
    assert.equal(await inProgress(), 1);
    gate.resolve();
    await waiting;
    for (const path of ["/error", "/string", "/undefined", "/nothing", "/missing", "/health/live"]) {
      await send(app, path);
    }
    assert.equal(await inProgress(), 0);
  });
});
