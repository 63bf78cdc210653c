import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { glamMiddleware, type GlamVariables, implement, openapi } from "@glam/shared/api";
import { apiKey, authenticate, type AuthenticationStrategy, jwt, requireScopes } from "@glam/shared/auth";
import { getContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { createService } from "@glam/shared/service";
import { testIdentity } from "@glam/shared/testing";
import { Hono } from "hono";
import * as z from "zod";
import { recordingLogger } from "../_support/recording_logger.ts";
import { serveApp } from "../_support/served_app.ts";
import { exchangeOne } from "../_support/raw_http.ts";
import { ask, createApp, createSigner, ISSUER, ownDate, seconds, send, type Signer } from "./_support.ts";

let signer: Signer;
let strategy: AuthenticationStrategy;
before(async () => {
  signer = await createSigner("k1");
  strategy = jwt({ issuer: ISSUER, audience: "catalog", jwks: { keys: [signer.jwk] } });
});

describe("who sent a request", () => {
  it("is in c.var, in the context and in the log, from the claims alone", async () => {
    const { app, entries } = createApp([strategy]);
    const { body } = await send(app, "/me", {
      headers: {
        Authorization: `Bearer ${await signer.sign({ merchant_id: 12, scope: "a b" })}`,
        "X-Merchant-Id": "m2",
        "X-User-Id": "root",
        "X-Source-Service": "credits",
        "X-Service-Name": "credits",
        baggage: "merchant_id=m2,userId=root",
      },
    });
    assert.deepEqual(body.data, {
      kind: "jwt",
      subject: "maria",
      scopes: ["a", "b"],
      merchantId: "12",
      userId: "maria",
    });
    assert.equal(entries.at(-1)!.message, "Request completed");
  });

  it("is in the context as `toContext` says, but for the calling service", async () => {
    const { app } = createApp([strategy], {
      toContext: ({ claims }) => ({
        merchantId: claims["shop"],
        userId: undefined,
        sourceService: "credits",
      } as object),
    });
    const { body } = await ask(app, await signer.sign({ merchant_id: "m1", shop: "m9" }));
    assert.deepEqual([body.data.merchantId, body.data.userId, body.data.sourceService], [
      "m9",
      undefined,
      undefined,
    ]);
  });

  it("cannot be changed by a handler for the requests that follow", async () => {
    const { logger } = recordingLogger();
    const app = new Hono<{ Variables: GlamVariables }>();
    app.use(glamMiddleware({ logger, guards: { authenticate: authenticate([strategy]) } }));
    implement(app, defineEndpoint("GET /items", { data: z.boolean() }), ({ c }) => {
      const principal = c.get("principal")!;
      assert.throws(() => Object.assign(principal, { subject: "root" }), TypeError);
      assert.throws(() => (principal.scopes as string[]).push("admin"), TypeError);
      assert.throws(() => Object.assign(principal.claims["nested"] as object, { a: 2 }), TypeError);
      return true;
    });
    assert.equal((await ask(app, await signer.sign({ nested: { a: 1 } }), "/items")).status, 200);
  });

  it("is remembered for a minute, and no longer than the token is valid", async () => {
    using clock = ownDate();
    let checks = 0;
    const counting: AuthenticationStrategy = {
      ...strategy,
      verify: (...args) => (checks++, strategy.verify(...args)),
    };
    const { app } = createApp([counting]);
    const long = await signer.sign({ exp: seconds(3600) });
    for (let i = 0; i < 3; i++) await ask(app, long);
    assert.equal(checks, 1);
    clock.tick(60_000);
    await ask(app, long);
    assert.equal(checks, 2);
    const short = await signer.sign({ exp: seconds(5) });
    await ask(app, short);
    clock.tick(30_000);
    assert.equal((await ask(app, short)).status, 401);
    assert.equal(checks, 4);
  });

  it("is not remembered where it was refused", async () => {
    let isKnown = false;
    const { app } = createApp([apiKey({ find: (hash) => isKnown ? { id: "k", hash } : undefined })]);
    const status = async () => (await send(app, "/me", { headers: { "X-Api-Key": "k" } })).status;
    assert.equal(await status(), 401);
    isKnown = true;
    assert.equal(await status(), 200);
  });
});

describe("two Authorization headers over a socket", () => {
  it("are refused, whichever is good", async () => {
    const { app } = createApp([strategy]);
    await using served = await serveApp((request, env) => app.fetch(request, env));
    const good = `Authorization: Bearer ${await signer.sign()}`;
    for (const lines of [[good, "Authorization: Bearer abc"], [good, good]]) {
      const answer = await exchangeOne(
        served.port,
        `GET /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join("\r\n")}\r\n\r\n`,
      );
      assert.equal(answer.status, 401);
    }
  });
});

describe("plain routes", () => {
  it("are guarded by the same object as a middleware, with requireScopes", async () => {
    const { logger } = recordingLogger();
    const app = new Hono<{ Variables: GlamVariables }>();
    app.use(glamMiddleware({ logger, app }));
    app.use("/admin/*", authenticate([strategy]));
    app.get(
      "/admin/a",
      requireScopes("admin"),
      (c) => c.text(`${c.get("principal")!.subject} ${getContext()!.userId}`),
    );
    app.get("/bare", requireScopes("admin"), (c) => c.text("never"));
    assert.equal((await ask(app, undefined, "/admin/a")).status, 401);
    const refused = await ask(app, await signer.sign(), "/admin/a");
    assert.deepEqual([refused.status, refused.body.error.details], [403, { required_scopes: ["admin"] }]);
    assert.equal((await ask(app, await signer.sign({ scope: "admin" }), "/admin/a")).text, "maria maria");
    assert.equal((await ask(app, await signer.sign({ scope: "admin" }), "/bare")).status, 401);
  });

  it("that nothing guards are named once, at the start and before the first request", async () => {
    const build = () => {
      const { logger, entries } = recordingLogger();
      const app = new Hono<{ Variables: GlamVariables }>();
      const guard = authenticate([strategy]);
      app.use(glamMiddleware({ logger, app, guards: { authenticate: guard } }));
      app.use("/admin/*", guard);
      implement(app, defineEndpoint("GET /items", { data: z.string() }), () => "a");
      app.get("/admin/a", (c) => c.text("a"));
      app.get("/own", guard, (c) => c.text("a"));
      app.use("/plain", (_, next) => next());
      app.post("/plain", (c) => c.text("a"));
      app.get("/open/:id", (c) => c.text("a"));
      app.all("/all", (c) => c.text("a"));
      const warnings = () => entries.filter(({ level }) => level === "warn");
      return { app, logger, warnings };
    };
    const expected = ["ALL /all", "GET /open/:id", "POST /plain"];
    const { app, warnings } = build();
    for (let i = 0; i < 3; i++) await send(app, "/open/1");
    assert.deepEqual(warnings().map(({ fields }) => fields["routes"]), [expected]);

    const other = build();
    await using service = createService({ name: "catalog", app: other.app, port: 0, logger: other.logger });
    await service.start();
    assert.deepEqual(other.warnings().map(({ fields }) => fields["routes"]), [expected]);
    await send(other.app, "/open/1");
    assert.equal(other.warnings().length, 1);
  });

  it("are nobody's business without a guard", async () => {
    const { logger, entries } = recordingLogger();
    const app = new Hono();
    app.use(glamMiddleware({ logger, app }));
    app.get("/plain", (c) => c.text("a"));
    await send(app, "/plain");
    assert.deepEqual(entries.filter(({ level }) => level === "warn"), []);
  });
});

it("the document has the schemes, and what each endpoint asks for", () => {
  const { app } = createApp([strategy, apiKey({ find: () => undefined })]);
  const document = openapi(app, { title: "Catalog", version: "1.0.0" });
  assert.deepEqual(document.components["securitySchemes"], {
    jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
  });
  const security = (path: string, method: string) =>
    (document.paths[path] as Record<string, { security: unknown }>)[method]!.security;
  assert.deepEqual(security("/me", "get"), [{ jwt: [] }, { apiKey: [] }]);
  assert.deepEqual(security("/items", "post"), [
    { jwt: ["items:read", "items:write"] },
    { apiKey: ["items:read", "items:write"] },
  ]);
  assert.deepEqual(security("/open", "get"), []);
  assert.deepEqual(security("/both", "get"), [{ jwt: [] }, { apiKey: [] }, {}]);
});

it("a test identity is checked like any other", async () => {
  const maria = await testIdentity({
    subject: "maria",
    merchantId: "m1",
    scopes: ["items:read", "items:write"],
  });
  const { app } = createApp([maria.strategy]);
  const me = await send(app, "/me", { headers: maria.headers });
  assert.deepEqual([me.body.data.userId, me.body.data.merchantId], ["maria", "m1"]);
  assert.equal((await send(app, "/items", { method: "POST", headers: maria.headers })).status, 200);
  const others = [
    await testIdentity({ expiresInSeconds: -60 }),
    await testIdentity({ audience: "orders" }),
    await testIdentity({ issuer: "https://elsewhere.test/" }),
  ];
  for (const { headers } of others) assert.equal((await send(app, "/me", { headers })).status, 401);
  const configured = createApp([jwt({ issuer: ISSUER, audience: "catalog", jwks: maria.jwks })]);
  const { headers } = await testIdentity({ issuer: ISSUER, audience: "catalog" });
  assert.equal((await send(configured.app, "/me", { headers })).status, 200);
});

it("options are checked before anything else", () => {
  const base = { issuer: ISSUER, audience: "catalog", jwks: { keys: [] } };
  const wrong: readonly [() => unknown, RegExp][] = [
    [() => authenticate([]), /`strategies`/],
    [() => authenticate([{} as AuthenticationStrategy]), /each strategy/],
    [() => authenticate([jwt(base), jwt({ ...base, issuer: "b" })]), /Two strategies are called "jwt"/],
    [() => authenticate([jwt(base)], { toContext: 7 as never }), /`toContext`/],
    [() => jwt({ ...base, issuer: "" }), /`issuer`/],
    [() => jwt({ ...base, audience: [] }), /`audience`/],
    [() => jwt({ ...base, algorithms: ["HS256" as "ES256"] }), /`algorithms`.*got "HS256"/],
    [
      () => jwt({ ...base, clockToleranceSeconds: 301 }),
      /`clockToleranceSeconds` to be a number from 0 to 300/,
    ],
    [() => jwt({ ...base, name: "a b" }), /`name`/],
    [() => requireScopes(), /`scopes`/],
  ];
  for (const [make, message] of wrong) assert.throws(make, { message });
});
