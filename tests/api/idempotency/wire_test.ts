import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AuthenticationGuard,
  createMemoryIdempotencyStore,
  glamMiddleware,
  idempotency,
  type IdempotencyOptions,
  implement,
  reply,
} from "@glam/shared/api";
import { setContext } from "@glam/shared/context";
import { defineEndpoint, file } from "@glam/shared/contract";
import type { Database } from "@glam/shared/db";
import { ConflictError, NotFoundError, RateLimitedError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { waitFor } from "../../_support/wait_for.ts";
import { deferred, post, recordingLogger, send } from "../_support.ts";
import { keyedApp, type OrderHandler, PlaceOrder } from "./_support.ts";

/** An application whose handler counts its calls. */
function countingApp(options: Partial<IdempotencyOptions> = {}, handle?: OrderHandler) {
  let calls = 0;
  const counted: OrderHandler = (request) => {
    calls++;
    return handle === undefined ? { n: calls, sku: request.body.sku } : handle(request);
  };
  const store = createMemoryIdempotencyStore();
  return {
    ...keyedApp({ store, ...options }, counted),
    get calls() {
      return calls;
    },
  };
}

describe("the key", () => {
  it("is asked for, and a request without it does not run", async () => {
    const app = countingApp();
    const { status, body } = await app.order(undefined);
    assert.deepEqual([status, body.error.code, app.calls], [400, "IDEMPOTENCY_KEY_MISSING", 0]);
  });

  const wrong: [string, string][] = [
    ["is empty", ""],
    ["is an empty string", '""'],
    ["has over 255 characters", "k".repeat(256)],
    ["has over 255 characters between quotes", `"${"k".repeat(256)}"`],
    ["has a control character", '"a\tb"'],
    ["has a character beyond ASCII", "caf\u00e9"],
    ["has a quote in the middle", 'a"b'],
    ["has no end", '"abc'],
    ["has an unknown escape", '"a\\b"'],
    ["was sent twice", '"a", "b"'],
    ["has parameters", '"a";x=1'],
  ];
  for (const [name, key] of wrong) {
    it(`is refused when it ${name}`, async () => {
      const app = countingApp();
      const { status, body } = await app.order(key);
      assert.deepEqual([status, body.error.code, app.calls], [400, "IDEMPOTENCY_KEY_INVALID", 0]);
    });
  }

  it("is the same with and without quotes", async () => {
    const app = countingApp();
    for (const key of ["abc", '"abc"', "a/b", '"a/b"', "k".repeat(255), `"${"k".repeat(255)}"`]) {
      await app.order(key);
    }
    assert.equal(app.calls, 3);
  });

  it("is taken where it is optional, and a request without it always runs", async () => {
    const { app, logger } = { app: new Hono(), ...recordingLogger() };
    const guard = idempotency({ store: createMemoryIdempotencyStore(), scope: () => "all" });
    app.use(glamMiddleware({ logger, guards: { idempotency: guard } }));
    let calls = 0;
    const Ring = defineEndpoint("POST /bell", { data: z.int(), idempotent: { key: "optional" } });
    implement(app, Ring, () => ++calls);
    const ring = async (headers: Record<string, string> = {}) =>
      (await send(app, "/bell", { method: "POST", headers })).body.data;
    const key = { "Idempotency-Key": "a" };
    assert.deepEqual([await ring(), await ring(), await ring(key), await ring(key)], [1, 2, 3, 3]);
  });
});

describe("a repetition", () => {
  it("gets the answer of the first, byte for byte, with ids of its own", async () => {
    const app = countingApp();
    const first = await app.order("a", undefined, { "X-Request-ID": "req_first" });
    const second = await app.order("a", undefined, { "X-Request-ID": "req_second" });
    assert.equal(app.calls, 1);
    assert.deepEqual([first.status, second.status, second.text], [201, 201, first.text]);
    for (const name of ["location", "content-type"]) {
      assert.equal(second.headers.get(name), first.headers.get(name), name);
      assert.ok(first.headers.has(name), name);
    }
    assert.equal(second.body.meta.request_id, "req_first");
    assert.equal(first.headers.get("x-request-id"), "req_first");
    assert.equal(second.headers.get("x-request-id"), "req_second");
    assert.notEqual(second.headers.get("x-correlation-id"), first.headers.get("x-correlation-id"));
    assert.equal(second.headers.get("x-service-name"), "orders");
    assert.deepEqual(
      [first.headers.get("idempotent-replayed"), second.headers.get("idempotent-replayed")],
      [null, "true"],
    );
  });

  it("is the same request with its members, and its query, in another order", async () => {
    const app = countingApp();
    await app.order("a", '{"sku":"lipstick","amount":1}', {}, "/orders/s1?note=x&y=2&y=1");
    const { status } = await app.order(
      "a",
      '{ "amount": 1.0, "sku": "lipstick" }',
      {},
      "/orders/s1?y=2&y=1&note=x",
    );
    assert.deepEqual([status, app.calls], [201, 1]);
  });

  const others: [string, unknown, string][] = [
    ["body", { sku: "mascara" }, "/orders/s1"],
    ["body, in a member that the contract does not name", { sku: "lipstick", more: 1 }, "/orders/s1"],
    ["query", { sku: "lipstick" }, "/orders/s1?note=x"],
    ["path", { sku: "lipstick" }, "/orders/s2"],
  ];
  for (const [name, body, path] of others) {
    it(`is refused with another ${name}`, async () => {
      const app = countingApp();
      await app.order("a");
      const answer = await app.order("a", body, {}, path);
      assert.deepEqual([answer.status, answer.body.error.code, app.calls], [
        422,
        "IDEMPOTENCY_KEY_REUSED",
        1,
      ]);
      assert.equal((await app.order("a")).status, 201, "and that is not kept");
    });
  }

  it("of a form is the same whatever its boundary, and another with another file", async () => {
    const app = new Hono();
    const guard = idempotency({ store: createMemoryIdempotencyStore(), scope: () => "all" });
    app.use(glamMiddleware({ logger: recordingLogger().logger, guards: { idempotency: guard } }));
    let calls = 0;
    const Upload = defineEndpoint("POST /files", {
      form: z.object({ name: z.string(), file: file() }),
      data: z.int(),
      idempotent: "key",
    });
    implement(app, Upload, () => ++calls);
    const upload = async (content: string) => {
      const form = new FormData();
      form.set("file", new File([content], "a.txt"));
      form.set("name", "a");
      return (await send(app, "/files", { method: "POST", body: form, headers: { "Idempotency-Key": "a" } }))
        .status;
    };
    assert.deepEqual([await upload("one"), await upload("one"), await upload("two"), calls], [
      200,
      200,
      422,
      1,
    ]);
  });

  it("is refused while the first one runs, and says when to come again", async () => {
    const { promise, resolve } = deferred();
    const app = countingApp({}, async () => {
      await promise;
      return { n: 1, sku: "lipstick" };
    });
    const first = app.order("a");
    await waitFor(() => app.calls === 1, "it runs");
    const second = await app.order("a");
    assert.deepEqual([second.status, second.body.error.code], [409, "IDEMPOTENCY_IN_PROGRESS"]);
    assert.equal(second.headers.get("retry-after"), "1");
    assert.equal((await app.order("a", { sku: "mascara" })).status, 422);
    resolve();
    assert.equal((await first).status, 201);
    assert.deepEqual([(await app.order("a")).status, app.calls], [201, 1]);
  });

  it("of another route is another operation, and so is that of another caller", async () => {
    const app = countingApp();
    let others = 0;
    const Other = defineEndpoint("POST /others/:shop", {
      body: z.object({ sku: z.string() }),
      data: z.int(),
      idempotent: "key",
    });
    implement(app.app, Other, () => ++others);
    await app.order("a");
    await app.order("a", undefined, { merchant: "m2" });
    assert.equal(app.calls, 2);
    assert.equal((await app.order("a", undefined, {}, "/others/s1")).status, 200);
    assert.equal(others, 1);
  });

  it("runs when the key has expired", async () => {
    const app = countingApp({ ttlMs: 1000 });
    await app.order("a");
    await waitFor(async () => (await app.order("a")).body.data.n === 2, "the key has expired");
    assert.equal(app.calls, 2);
  });
});

describe("what is kept", () => {
  it("is what a handler throws with a 4xx, as it was answered", async () => {
    const app = countingApp({}, () => {
      throw new NotFoundError("No such shop", { resource: "shop" });
    });
    const first = await app.order("a", undefined, { Accept: "application/problem+json" });
    const second = await app.order("a");
    assert.deepEqual([first.status, second.status, second.text, app.calls], [404, 404, first.text, 1]);
    assert.equal(second.headers.get("content-type"), "application/problem+json");
    assert.equal(second.headers.get("idempotent-replayed"), "true");
  });

  it("is what the application's own onError answers", async () => {
    const app = countingApp({}, () => {
      throw new ConflictError("Sold out");
    });
    app.app.onError((error, c) => c.json({ own: error.message }, 409));
    assert.equal((await app.order("a")).text, '{"own":"Sold out"}');
    const second = await app.order("a");
    assert.deepEqual([second.status, second.text, app.calls], [409, '{"own":"Sold out"}', 1]);
  });

  const passing: [string, Error, number][] = [
    ["a failure of the service", new Error("by chance"), 500],
    ["a limit that was reached", new RateLimitedError(), 429],
    ["a conflict of the moment", new ConflictError("Later", { details: { retryable: true } }), 409],
  ];
  for (const [name, error, status] of passing) {
    it(`is not ${name}`, async () => {
      let fails = true;
      const app = countingApp({}, () => {
        if (fails) throw error;
        return { n: 1, sku: "lipstick" };
      });
      assert.equal((await app.order("a")).status, status);
      fails = false;
      assert.deepEqual([(await app.order("a")).status, app.calls], [201, 2]);
    });
  }

  it("is not an answer that breaks the contract", async () => {
    const app = countingApp({}, () => ({ n: "one", sku: "lipstick" }) as never);
    assert.deepEqual([(await app.order("a")).status, (await app.order("a")).status, app.calls], [
      500,
      500,
      2,
    ]);
  });

  it("is not the answer to a body that does not fit", async () => {
    const app = countingApp();
    assert.equal((await app.order("a", { sku: 7 })).status, 422);
    assert.deepEqual([(await app.order("a")).status, app.calls], [201, 1]);
  });

  it("is no cookie, and nothing that a middleware says of the request", async () => {
    const app = new Hono();
    const guard = idempotency({ store: createMemoryIdempotencyStore(), scope: () => "all" });
    app.use(glamMiddleware({ logger: recordingLogger().logger, guards: { idempotency: guard } }));
    let requests = 0;
    app.use(async (c, next) => {
      c.header("X-Seen", String(++requests));
      await next();
    });
    const Get = defineEndpoint("PUT /a", {
      data: z.string(),
      status: [200, 202],
      idempotent: "key",
    });
    implement(app, Get, ({ c }) => {
      c.header("Set-Cookie", "session=1");
      return reply(202, "a", { headers: { ETag: '"1"', Link: "</b>; rel=next" } });
    });
    const put = () => send(app, "/a", { method: "PUT", headers: { "Idempotency-Key": "a" } });
    const [first, second] = [await put(), await put()];
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.equal(first.headers.get("set-cookie"), "session=1");
    assert.equal(second.headers.get("set-cookie"), null);
    assert.deepEqual([first.headers.get("x-seen"), second.headers.get("x-seen")], ["1", "2"]);
    assert.deepEqual([second.headers.get("etag"), second.headers.get("link")], ['"1"', "</b>; rel=next"]);
  });

  it("is that a request was done, where its answer is too large", async () => {
    const app = countingApp({ maxStoredBytes: 10 });
    assert.equal((await app.order("a")).status, 201);
    const second = await app.order("a");
    assert.deepEqual([second.status, second.body.error.code, app.calls], [409, "IDEMPOTENCY_RESULT_GONE", 1]);
    assert.deepEqual(second.body.error.details, { original_status: 201 });
  });

  it("is an answer without a body, too", async () => {
    const app = new Hono();
    const guard = idempotency({ store: createMemoryIdempotencyStore(), scope: () => "all" });
    app.use(glamMiddleware({ logger: recordingLogger().logger, guards: { idempotency: guard } }));
    let calls = 0;
    implement(app, defineEndpoint("DELETE /a", { empty: true, idempotent: "key" }), () => void calls++);
    const remove = () => send(app, "/a", { method: "DELETE", headers: { "Idempotency-Key": "a" } });
    assert.deepEqual([(await remove()).status, (await remove()).status, calls], [204, 204, 1]);
  });
});

it("requests with a key are counted by how they ended", async () => {
  const app = countingApp();
  for (let i = 0; i < 3; i++) await app.order("a");
  await app.order("a", { sku: "mascara" });
  await app.order(undefined);
  assert.deepEqual(await app.outcomes(), { first: 1, replayed: 2, mismatch: 1 });
});

describe("whose key it is", () => {
  const Keyed = defineEndpoint("POST /keyed", { data: z.int(), idempotent: "key" });
  const Open = defineEndpoint("POST /open", { data: z.int(), idempotent: "key", auth: "none" });
  const Both = defineEndpoint("POST /both", { data: z.int(), idempotent: "key", auth: "optional" });

  /** Bearer tokens are the context that they stand for. */
  const authenticate: AuthenticationGuard = {
    securitySchemes: {},
    identify(c) {
      const token = c.req.raw.headers.get("authorization");
      if (token === null) return Promise.resolve(undefined);
      const { subject = "s", ...context } = JSON.parse(token);
      setContext(context);
      const principal = { kind: "jwt", subject, scopes: [], claims: {} };
      c.set("principal" as never, principal as never);
      return Promise.resolve(principal);
    },
  };

  function scopedApp(endpoint: typeof Keyed | typeof Open | typeof Both) {
    const app = new Hono();
    const guards = { authenticate, idempotency: idempotency({ store: createMemoryIdempotencyStore() }) };
    const { logger, entries } = recordingLogger();
    app.use(glamMiddleware({ logger, guards }));
    let calls = 0;
    implement(app, endpoint as typeof Keyed, () => ++calls);
    const ask = async (token?: object) => {
      const headers = { "Idempotency-Key": "a", ...token && { Authorization: JSON.stringify(token) } };
      const { status, body } = await send(app, endpoint.path, { method: "POST", headers });
      return status === 200 ? body.data : status;
    };
    return { ask, entries };
  }

  it("is merchant, user and calling service together", async () => {
    const { ask } = scopedApp(Keyed);
    const tokens = [
      { merchantId: "a" },
      { merchantId: "b" },
      { userId: "a" },
      { sourceService: "a" },
      { merchantId: "a", userId: "a" },
      { merchantId: "a", userId: "a", sourceService: "a" },
      { merchantId: "x".repeat(5000) },
    ];
    for (const [i, token] of tokens.entries()) assert.equal(await ask(token), i + 1);
    for (const [i, token] of tokens.entries()) assert.equal(await ask(token), i + 1, "and the same again");
  });

  it("is the principal where the context has neither", async () => {
    const { ask } = scopedApp(Keyed);
    assert.deepEqual(
      [await ask({ subject: "a" }), await ask({ subject: "b" }), await ask({ subject: "a" })],
      [1, 2, 1],
    );
  });

  it("is nobody's without a credential, which is a 401 where that is optional", async () => {
    const { ask } = scopedApp(Both);
    assert.deepEqual([await ask(), await ask({ userId: "a" })], [401, 1]);
  });

  it("must be said for an endpoint for everybody: it fails closed, and at the start where the application is known", async () => {
    const { ask, entries } = scopedApp(Open);
    assert.equal(await ask(), 500);
    const { error } = entries.find(({ level }) => level === "error")!.fields as { error: Error };
    assert.match(error.message, /"POST \/open" takes keys, and nothing tells its callers apart/);
    const guard = idempotency({ store: createMemoryIdempotencyStore() });
    const guards = { authenticate, idempotency: guard };
    assert.throws(() => guard.check!(Open, guards), { name: "TypeError", message: error.message });
    assert.throws(() => guard.check!(Keyed, { idempotency: guard }), TypeError);
    guard.check!(Keyed, guards);
    const scoped = idempotency({ store: createMemoryIdempotencyStore(), scope: () => "all" });
    scoped.check!(Open, {});
  });

  it("is refused when `scope` gives no text", async () => {
    const app = countingApp({ scope: () => undefined as never });
    assert.deepEqual([(await app.order("a")).status, app.calls], [500, 0]);
  });
});

describe("the mode lock, in memory", () => {
  it("lets the handler run again when the lease of a dead process has passed, for the same request only", async () => {
    const store = createMemoryIdempotencyStore();
    const entry = { scope: "m", endpoint: "POST /a", key: "k", fingerprint: "f" };
    const options = { owner: "dead", leaseMs: 1, ttlMs: 60_000 };
    assert.deepEqual(await store.reserve(entry, options), { state: "reserved" });
    const again = { owner: "next", leaseMs: 60_000, ttlMs: 60_000 };
    const other = await store.reserve({ ...entry, fingerprint: "g" }, again);
    assert.deepEqual(other, { state: "running", fingerprint: "f" });
    await waitFor(
      async () => (await store.reserve(entry, again)).state === "reserved",
      "the lease has passed",
    );
    const answer = { status: 200, headers: [], body: "" };
    assert.equal(await store.keep(entry, answer, options), false, "the first one has lost it");
    await store.release(entry, options);
    assert.equal((await store.reserve(entry, again)).state, "running");
    assert.equal(await store.keep(entry, answer, again), true);
    assert.deepEqual(await store.reserve(entry, options), { state: "done", fingerprint: "f", answer });
  });

  it("keeps what a handler did that outlived its request", async () => {
    const { promise, resolve } = deferred();
    let calls = 0;
    const app = keyedApp({ store: createMemoryIdempotencyStore() }, async () => {
      calls++;
      await promise;
      return { n: 1, sku: "lipstick" };
    }, { timeoutMs: 20 });
    assert.equal((await app.order("a")).status, 504);
    await waitFor(async () => (await app.order("a")).status === 409, "it still runs");
    resolve();
    await waitFor(async () => (await app.order("a")).status === 201, "its answer is kept");
    assert.equal(calls, 1);
  });

  it("forgets a request whose handler fails after it has timed out", async () => {
    const { promise, reject } = deferred();
    let calls = 0;
    const app = keyedApp({ store: createMemoryIdempotencyStore() }, async () => {
      if (++calls === 1) await promise;
      return { n: calls, sku: "lipstick" };
    }, { timeoutMs: 20 });
    assert.equal((await app.order("a")).status, 504);
    reject(new ConflictError("Too late"));
    await waitFor(async () => (await app.order("a")).status === 201, "it runs again");
    assert.notEqual(calls, 1);
  });

  it("answers what was done although its answer could not be kept, and says so in the log", async () => {
    const store = createMemoryIdempotencyStore();
    const keep = () => Promise.reject(new Error("The store is away"));
    const app = countingApp({ store: { ...store, keep } });
    assert.equal((await app.order("a")).status, 201);
    assert.equal((await app.order("a")).status, 409, "until the lease has passed");
    assert.ok(
      app.entries.some(({ level, message }) => level === "error" && /could not be kept/.test(message)),
    );
  });

  it("says in the log that a handler has outlived its lease", async () => {
    const store = createMemoryIdempotencyStore();
    const app = countingApp({ store: { ...store, keep: () => Promise.resolve(false) } });
    assert.equal((await app.order("a")).status, 201);
    assert.ok(app.entries.some(({ message }) => /longer than its lease/.test(message)));
  });

  it("remembers no more keys than it may", async () => {
    const app = countingApp({ store: createMemoryIdempotencyStore({ maxKeys: 2 }) });
    for (const key of ["a", "b", "c", "c", "b"]) await app.order(key);
    assert.equal(app.calls, 3);
    await app.order("a");
    assert.equal(app.calls, 4, "the first of them was forgotten");
  });
});

describe("idempotency() is refused", () => {
  const store = createMemoryIdempotencyStore();
  const database = {} as Database;
  const cases: [string, IdempotencyOptions, string, RegExp][] = [
    ["without a place for keys", {}, "TypeError", /a `database` or a `store`/],
    ["with two places for keys", { store, database }, "TypeError", /a `database` or a `store`/],
    ["with a scope that is a text", { store, scope: "m" as never }, "TypeError", /`scope` to be a function/],
    [
      "with a key that is known too briefly",
      { store, ttlMs: 999 },
      "RangeError",
      /`ttlMs` to be a whole number from 1000/,
    ],
    ["with a lease that is too short", { store, leaseMs: 0 }, "RangeError", /`leaseMs`/],
    ["with less than no bytes", { store, maxStoredBytes: -1 }, "RangeError", /`maxStoredBytes`/],
    ["with clean-ups all the time", { store, cleanUpEveryMs: 1 }, "RangeError", /`cleanUpEveryMs`/],
  ];
  for (const [what, options, name, message] of cases) {
    it(what, () => assert.throws(() => idempotency(options), { name, message }));
  }

  it("by an endpoint that takes a transaction where there is no database", () => {
    const endpoint = defineEndpoint("POST /a", { data: z.int(), idempotent: { mode: "transaction" } });
    assert.throws(() => idempotency({ store, scope: () => "a" }).check!(endpoint, {}), {
      name: "TypeError",
      message: /"POST \/a" takes a transaction: give `idempotency` a `database`/,
    });
  });

  it("by an endpoint that may take longer than its lease", () => {
    const endpoint = defineEndpoint("POST /a", {
      data: z.int(),
      idempotent: { mode: "lock" },
      timeoutMs: 30_000,
    });
    assert.throws(() => idempotency({ store, scope: () => "a" }).check!(endpoint, {}), {
      name: "TypeError",
      message: /"POST \/a" may take 30000 ms: expected its `leaseMs` to be longer, got 30000/,
    });
  });

  it("with an unlimited number of keys", () => {
    assert.throws(() => createMemoryIdempotencyStore({ maxKeys: 0 }), { name: "RangeError" });
  });
});

it("an endpoint without a key is none of the guard's business", async () => {
  const app = countingApp();
  implement(app.app, defineEndpoint("GET /orders", { data: z.string() }), () => "all");
  assert.equal((await send(app.app, "/orders", { headers: { "Idempotency-Key": "\t" } })).status, 200);
  assert.equal(
    (await send(app.app, "/orders/s1", post({ sku: "a" }, { "Idempotency-Key": "a" }))).status,
    201,
  );
  assert.equal(PlaceOrder.idempotent!.key, "required");
});
