import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { Hono } from "hono";
import { exchangeOne } from "../_support/raw_http.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { testService } from "./_support.ts";

const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);

it("a request with an illegal Host is answered 400 with the error envelope, before the application", async () => {
  const seen: string[] = [];
  const app = new Hono();
  app.use(glamMiddleware({ service: "test", logger: recordingLogger().logger }));
  app.get("/items/:id", (c) => {
    seen.push(c.req.path);
    return c.json({});
  });
  const { service } = testService({ app });
  await using _service = service;
  await service.start();
  const ask = async (host: string) => {
    const bytes = `GET /items/7 HTTP/1.1\r\nHost: ${host}\r\nX-Request-ID: mine\r\nConnection: close\r\n\r\n`;
    return await exchangeOne(service.address!.port, bytes);
  };
  for (const host of ["b ad", "b{ad}", "a|b", "a^b"]) {
    const response = await ask(host);
    assert.equal(response.status, 400, host);
    const body = JSON.parse(response.body) as { error: { code: string }; meta: { request_id: string } };
    assert.equal(body.error.code, "HTTP_400");
    assert.equal(response.header("x-request-id"), body.meta.request_id);
    assert.equal(response.header("x-service-name"), "test");
    if (!isNode) assert.equal(body.meta.request_id, "mine"); // there the adapter refuses it before there is a request
  }
  assert.deepEqual(seen, []);
  for (const host of ["localhost", "a.example:8080", "[::1]:80", "under_score", "127.0.0.1"]) {
    assert.equal((await ask(host)).status, 200, host);
  }
});

it("what fails outside of the application is answered 500 with the error envelope, and logged", async () => {
  const failures: readonly (() => Response | Promise<Response>)[] = [
    () => {
      throw new Error("secret of the inside");
    },
    () => Promise.reject(new Error("secret of the inside")),
    () => Promise.reject(undefined),
  ];
  for (const fetchFails of failures) {
    const { service, lines } = testService({ app: { fetch: fetchFails } });
    await using _service = service;
    await service.start();
    const response = await fetch(`${service.address!.url}/`);
    assert.equal(response.status, 500);
    const text = await response.text();
    const { error, meta } = JSON.parse(text);
    assert.equal(error.code, "INTERNAL_ERROR");
    assert.equal(error.details.error_id, meta.request_id);
    assert.equal(response.headers.get("x-request-id"), meta.request_id);
    assert.doesNotMatch(text, /secret/);
    assert.equal(lines.at(-1)?.message, "Request failed outside of the application");
  }
});

it("a service without an application answers 404 with the error envelope", async () => {
  await using service = testService().service;
  await service.start();
  const response = await fetch(`${service.address!.url}/items`, { headers: { "X-Request-ID": "mine" } });
  const { error, meta } = await response.json() as {
    error: { code: string; message: string };
    meta: { request_id: string };
  };
  assert.deepEqual([response.status, error, meta.request_id], [
    404,
    { code: "HTTP_404", message: "Not Found" },
    "mine",
  ]);
});

it("the application gets what the server knows of a request", async () => {
  interface Info {
    readonly remoteAddr?: unknown;
    readonly incoming?: unknown;
    readonly requestIP?: unknown;
  }
  const seen: boolean[] = [];
  const app = {
    fetch(_: Request, env?: Info) {
      seen.push((env?.remoteAddr ?? env?.incoming ?? env?.requestIP) !== undefined);
      return new Response();
    },
  };
  await using service = testService({ app: app as never }).service;
  await service.start();
  await (await fetch(service.address!.url)).text();
  assert.deepEqual(seen, [true]);
});
