import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AuthenticationGuard,
  glamMiddleware,
  type Guards,
  type IdempotencyGuard,
  implement,
  openapi,
  type RateLimitGuard,
} from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { RateLimitedError, UnauthorizedError } from "@glam/shared/errors";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { createApp, recordingLogger, send } from "./_support.ts";

const Add = defineEndpoint("POST /items", {
  body: z.object({ name: z.string() }),
  data: z.string(),
  idempotent: "key",
  rateLimit: ["burst"],
  scopes: ["items:write"],
});
const Get = defineEndpoint("GET /items", { data: z.string() });
const Open = defineEndpoint("GET /open", { data: z.string(), auth: "none" });
const Both = defineEndpoint("GET /both", { data: z.string(), auth: "optional" });

/** Guards that write down when they are asked. A bearer token is the list of its scopes. */
function recordingGuards(seen: string[]): Required<Guards> {
  const authenticate: AuthenticationGuard = {
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
    identify(c, isOptional) {
      seen.push("authenticate");
      const token = c.req.raw.headers.get("authorization");
      if (token === null && isOptional) return Promise.resolve(undefined);
      if (token === null || token === "bad") return Promise.reject(new UnauthorizedError());
      return Promise.resolve({ kind: "jwt", subject: "u1", scopes: token.split(" "), claims: {} });
    },
  };
  const rateLimit: RateLimitGuard = {
    holdsFor: ({ rateLimit = [] }, stage) => rateLimit.length > 0 || stage === "address",
    take(c, _endpoint, stage) {
      seen.push(`limit by ${stage}`);
      if (c.req.raw.headers.get("x-limited") !== stage) return Promise.resolve();
      return Promise.reject(new RateLimitedError());
    },
  };
  const idempotency: IdempotencyGuard = {
    async run(_c, { endpoint, parts }, respond) {
      seen.push(`key of ${endpoint.operationId} with ${JSON.stringify(parts.body)}`);
      return await respond();
    },
  };
  return { authenticate, rateLimit, idempotency };
}

function createGuarded() {
  const seen: string[] = [];
  const { app, entries } = createApp({ guards: recordingGuards(seen) });
  const note = async (_c: unknown, next: () => Promise<void>) => {
    seen.push("middleware");
    await next();
  };
  const answer = () => {
    seen.push("handler");
    return "done";
  };
  implement(app, Add, note, answer);
  for (const each of [Get, Open, Both]) implement(app, each, answer);
  return { app, seen, entries };
}

const post = (headers: Record<string, string> = {}, body: unknown = { name: "Lipstick" }) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

describe("the guards of an endpoint", () => {
  it("run in their order around middleware and validation", async () => {
    const { app, seen } = createGuarded();
    const { status } = await send(app, "/items", post({ Authorization: "items:read items:write" }));
    assert.equal(status, 200);
    assert.deepEqual(seen, [
      "limit by address",
      "authenticate",
      "limit by caller",
      "middleware",
      'key of post_items with {"name":"Lipstick"}',
      "handler",
    ]);
  });

  const cases: [string, RequestInit, number, number][] = [
    ["an address over its limit goes no further", post({ "X-Limited": "address" }), 429, 1],
    ["a request without a credential goes no further", post(), 401, 2],
    ["a caller without a scope goes no further", post({ Authorization: "items:read" }), 403, 2],
    [
      "a caller over its limit goes no further",
      post({ Authorization: "items:write", "X-Limited": "caller" }),
      429,
      3,
    ],
    ["a body that does not fit has no key", post({ Authorization: "items:write" }, {}), 422, 4],
  ];
  for (const [name, init, expected, steps] of cases) {
    it(name, async () => {
      const { app, seen } = createGuarded();
      const { status, body } = await send(app, "/items", init);
      assert.equal(status, expected);
      assert.equal(seen.length, steps, seen.join());
      if (expected === 403) assert.deepEqual(body.error.details, { required_scopes: ["items:write"] });
    });
  }

  it("ask for a caller unless the contract says otherwise, and never take a bad credential", async () => {
    const { app } = createGuarded();
    const status = async (path: string, token?: string) =>
      (await send(app, path, token === undefined ? {} : { headers: { Authorization: token } })).status;
    assert.deepEqual([await status("/items"), await status("/items", "a")], [401, 200]);
    assert.deepEqual([await status("/open"), await status("/open", "bad")], [200, 200]);
    assert.deepEqual([await status("/both"), await status("/both", "a"), await status("/both", "bad")], [
      200,
      200,
      401,
    ]);
  });
});

describe("a guard that is missing", () => {
  const alone = {
    authenticate: defineEndpoint("GET /items", { data: z.string(), scopes: ["items:read"] }),
    rateLimit: defineEndpoint("GET /items", { data: z.string(), rateLimit: ["burst"] }),
    idempotency: defineEndpoint("PUT /items", { data: z.string(), idempotent: "key" }),
  };
  for (const [name, endpoint] of Object.entries(alone)) {
    const expected = new TypeError(
      `The endpoint "${endpoint.route}" needs the guard \`${name}\`: give it with \`glamMiddleware({ guards: { ${name} } })\``,
    );

    it(`fails closed: ${name}`, async () => {
      const { app, entries } = createApp();
      let runs = 0;
      implement(app, endpoint, () => String(runs++));
      const { status } = await send(app, "/items", { method: endpoint.method });
      assert.deepEqual([status, runs], [500, 0]);
      const { error } = entries.find(({ level }) => level === "error")!.fields as { error: Error };
      assert.equal(error.message, expected.message);
    });

    it(`fails closed without any glamMiddleware: ${name}`, async () => {
      const app = new Hono();
      implement(app, endpoint, () => assert.fail("the handler ran"));
      assert.equal((await send(app, "/items", { method: endpoint.method })).status, 500);
    });

    it(`refuses all requests where the application is known: ${name}`, async () => {
      const app = new Hono();
      const { logger } = recordingLogger();
      app.use(glamMiddleware({ service: "catalog", logger, app }));
      app.get("/plain", (c) => c.text("plain"));
      implement(app, endpoint, () => "done");
      assert.equal((await send(app, "/plain")).status, 500);
    });

    it(`ends the start of a service: ${name}`, async () => {
      const { logger } = recordingLogger();
      const app = new Hono();
      app.use(glamMiddleware({ service: "catalog", logger }));
      implement(app, endpoint, () => "done");
      await using service = createService({ name: "catalog", app, port: 0, logger });
      await assert.rejects(service.start(), (error: Error) => {
        assert.match(`${error.message} ${(error.cause as Error)?.message}`, /needs the guard/);
        return true;
      });
    });
  }

  it("is looked for in the glamMiddleware that the endpoint's requests come to", async () => {
    const { logger } = recordingLogger();
    const guards = recordingGuards([]);
    const status = async (path: "/api/a" | "/b") => {
      const app = new Hono();
      app.use("/api/*", glamMiddleware({ service: "catalog", logger, guards, app }));
      app.get("/api/plain", (c) => c.text("plain"));
      implement(app, defineEndpoint(`GET ${path}`, { data: z.string(), scopes: ["a"] }), () => "done");
      return (await send(app, "/api/plain")).status;
    };
    assert.deepEqual([await status("/api/a"), await status("/b")], [200, 500]);
  });
});

it("guards are checked before they are used", () => {
  const refused: [object, RegExp][] = [
    [{ authenticate: true }, /Expected `guards.authenticate` to be what `authenticate\(\)` gives/],
    [{ idempotency: {} }, /Expected `guards.idempotency`/],
    [{ limit: {} }, /`guards` has no member `limit`/],
  ];
  for (const [guards, message] of refused) {
    assert.throws(() => glamMiddleware({ guards: guards as Guards }), { name: "TypeError", message });
  }
});

it("contracts that ask for scopes without a caller are refused", () => {
  for (const auth of ["none", "optional"] as const) {
    assert.throws(() => defineEndpoint("GET /a", { data: z.string(), auth, scopes: ["a"] }), {
      name: "TypeError",
      message: `Cannot define "GET /a": \`scopes\` need a caller, which \`auth: "${auth}"\` does not ask for`,
    });
  }
});

it("a document has the security schemes of the guard", () => {
  const { app } = createGuarded();
  const { components, paths } = openapi(app, { title: "Catalog", version: "1.0.0" });
  assert.deepEqual(components["securitySchemes"], { token: { type: "http", scheme: "bearer" } });
  const security = (path: string, method: string) =>
    (paths[path] as Record<string, { security: unknown }>)[method]!.security;
  assert.deepEqual(security("/items", "post"), [{ token: ["items:write"] }]);
  assert.deepEqual(security("/items", "get"), [{ token: [] }]);
  assert.deepEqual(security("/open", "get"), []);
  assert.deepEqual(security("/both", "get"), [{ token: [] }, {}]);
});
