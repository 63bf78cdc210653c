import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AuthenticationGuard,
  clientIp,
  createMemoryRateLimitStore,
  glamMiddleware,
  type GlamOptions,
  implement,
  openapi,
  rateLimit,
  type RateLimitOptions,
  type RateLimitQuota,
  type RateLimitResult,
  type RateLimitStore,
} from "@glam/shared/api";
import { setContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { UnauthorizedError } from "@glam/shared/errors";
import { Hono } from "hono";
import { type Item, parseList } from "structured-headers";
import * as z from "zod";
import { type Answer, type App, createApp, recordingLogger, send } from "./_support.ts";

const peer = (address: string) => ({ remoteAddr: { hostname: address } });
const Get = defineEndpoint("GET /items", { data: z.string() });
const Login = defineEndpoint("POST /login", { data: z.string(), auth: "none", rateLimit: ["login"] });
const Free = defineEndpoint("GET /free", { data: z.string(), auth: "none", rateLimit: [] });

/** An application whose endpoints are limited, and an address to send from. */
function limited(options: RateLimitOptions, more: GlamOptions = {}) {
  const { app, entries } = createApp({ ...more, guards: { rateLimit: rateLimit(options), ...more.guards } });
  for (const endpoint of [Get, Login, Free]) {
    if (
      endpoint.rateLimit?.every((name) => options.policies.some((policy) => policy.name === name)) ?? true
    ) {
      implement(app, endpoint, () => "done");
    }
  }
  return { app, entries };
}

async function statusesOf(
  app: App,
  times: number,
  path = "/items",
  init: RequestInit = {},
  address = "10.0.0.1",
) {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await send(app, path, init, peer(address))).status);
  return statuses;
}

/** The items of a field, as an independent parser reads them. */
function itemsOf({ headers }: Answer, name: string): [name: unknown, parameters: Record<string, unknown>][] {
  return parseList(headers.get(name)!).map((item) => {
    const [value, parameters] = item as Item;
    return [value, Object.fromEntries(parameters)];
  });
}

const burst = { name: "burst", limit: 2, windowSeconds: 60 } as const;
const daily = { name: "daily", limit: 100, windowSeconds: 86_400 } as const;

describe("a request over a limit", () => {
  it("is answered 429 in the envelope, with the time to wait", async () => {
    const { app, entries } = limited({ policies: [burst, daily] });
    assert.deepEqual(await statusesOf(app, 2), [200, 200]);
    const { status, headers, body } = await send(app, "/items", {}, peer("10.0.0.1"));
    assert.equal(status, 429);
    assert.equal(body.error.code, "RATE_LIMITED");
    const { retry_after, ...details } = body.error.details;
    assert.deepEqual(details, { limit: 2, window: "60s", violated_policies: ["burst"] });
    assert.equal(headers.get("retry-after"), String(retry_after));
    assert.ok(retry_after >= 29 && retry_after <= 34, String(retry_after)); // half a window, and jitter
    assert.equal(entries.filter(({ level }) => level === "error").length, 0);
  });

  it("is answered by a problem document that names its policies", async () => {
    const { app } = limited({ policies: [{ ...burst, limit: 1 }] });
    await statusesOf(app, 1);
    const { headers, body } = await send(
      app,
      "/items",
      { headers: { Accept: "application/problem+json" } },
      peer("10.0.0.1"),
    );
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(body.type, "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert.deepEqual([body.status, body["violated-policies"]], [429, ["burst"]]);
  });

  it("takes from no policy when one of several refuses it", async () => {
    const { app } = limited({ policies: [burst, daily] });
    await statusesOf(app, 12);
    const refused = await send(app, "/items", {}, peer("10.0.0.1"));
    assert.deepEqual(itemsOf(refused, "RateLimit").map(([name, { r }]) => [name, r]), [
      ["burst", 0],
      ["daily", 98],
    ]);
  });

  it("passes again when its time has come, and not before", async () => {
    let now = 0;
    const { app } = limited({ policies: [burst], store: createMemoryRateLimitStore({ now: () => now }) });
    assert.deepEqual(await statusesOf(app, 3), [200, 200, 429]);
    now = 26_900;
    assert.deepEqual(await statusesOf(app, 1), [429]);
    now = 30_000;
    assert.deepEqual(await statusesOf(app, 2), [200, 429]);
    now = 120_000;
    assert.deepEqual(await statusesOf(app, 3), [200, 200, 429]);
  });
});

describe("the headers of an answer", () => {
  it("have one item for each policy, on successes and refusals, as the draft writes them", async () => {
    const { app } = limited({ policies: [burst, daily] });
    for (const status of [200, 200, 429]) {
      const answer = await send(app, "/items", {}, peer("10.0.0.1"));
      assert.equal(answer.status, status);
      assert.deepEqual(itemsOf(answer, "RateLimit-Policy"), [
        ["burst", { q: 2, w: 60 }],
        ["daily", { q: 100, w: 86_400 }],
      ]);
      const items = itemsOf(answer, "RateLimit");
      assert.deepEqual(items.map(([name, parameters]) => [name, Object.keys(parameters)]), [
        ["burst", ["r", "t"]],
        ["daily", ["r", "t"]],
      ]);
      const retryAfter = Number(answer.headers.get("retry-after") ?? Infinity);
      for (const [, { t }] of items) {
        assert.ok(Number.isInteger(t) && Number(t) >= 1 && Number(t) <= retryAfter, `${t} ${retryAfter}`);
      }
    }
  });

  it("add up to a tenth to a time, so that clients do not come back together", async () => {
    const times = new Set<unknown>();
    for (let i = 0; i < 40; i++) {
      const { app } = limited({ policies: [{ ...burst, limit: 1, windowSeconds: 1000 }] });
      const [[, { t }] = ["", {}]] = itemsOf(await send(app, "/items", {}, peer("10.0.0.1")), "RateLimit");
      assert.ok(Number(t) >= 1000 && Number(t) <= 1100, String(t));
      times.add(t);
    }
    assert.ok(times.size > 5);
  });

  it("are on errors of the handler and on responses of its own, too", async () => {
    const { app } = createApp();
    app.use(rateLimit({ policies: [daily] }));
    app.get("/raw", () => new Response("raw"));
    app.get("/fetched", () => fetch("data:text/plain,fetched"));
    app.get("/fails", () => {
      throw new UnauthorizedError();
    });
    for (const path of ["/raw", "/fetched", "/fails", "/nowhere"]) {
      const answer = await send(app, path, {}, peer("10.0.0.1"));
      assert.equal(itemsOf(answer, "RateLimit").length, 1, path);
    }
  });

  it("can be left out", async () => {
    const { app } = limited({ policies: [{ ...burst, limit: 1 }], headers: false });
    await statusesOf(app, 1);
    const { status, headers } = await send(app, "/items", {}, peer("10.0.0.1"));
    assert.deepEqual([status, headers.get("ratelimit"), headers.get("ratelimit-policy")], [429, null, null]);
    assert.match(headers.get("retry-after") ?? "", /^\d+$/);
  });
});

describe("whom a limit tells apart", () => {
  const byAddress = { ...burst, limit: 1, by: "address" } as const;

  it("does not believe X-Forwarded-For unless a proxy is trusted", async () => {
    const spoofed = (i: number) => ({
      headers: { "X-Forwarded-For": `203.0.113.${i}`, "X-Real-IP": `203.0.113.${i}` },
    });
    const { app } = limited({ policies: [byAddress] });
    const statuses = [];
    for (let i = 0; i < 5; i++) {
      statuses.push((await send(app, "/items", spoofed(i), peer("10.0.0.1"))).status);
    }
    assert.deepEqual(statuses, [200, 429, 429, 429, 429]);

    const { app: behindProxy } = limited({ policies: [byAddress] }, { trustProxy: ["10.0.0.0/8"] });
    const first = await send(behindProxy, "/items", spoofed(1), peer("10.0.0.1"));
    const second = await send(behindProxy, "/items", spoofed(2), peer("10.0.0.1"));
    const untrusted = await send(behindProxy, "/items", spoofed(3), peer("203.0.113.1"));
    assert.deepEqual([first.status, second.status, untrusted.status], [200, 200, 429]);
  });

  it("keys an IPv6 client by its network of 64 bits", async () => {
    const { app } = limited({ policies: [byAddress] });
    const status = async (address: string) => (await statusesOf(app, 1, "/items", {}, address))[0];
    assert.equal(await status("2001:db8:0:1::1"), 200);
    assert.equal(await status("2001:db8:0:1:ffff:ffff:ffff:ffff"), 429);
    assert.equal(await status("2001:0db8:0000:0001::2"), 429);
    assert.equal(await status("2001:db8:0:2::1"), 200);
    assert.equal(await status("::1"), 200);
    assert.equal(await status("::ffff:10.0.0.1"), 200); // IPv4
    assert.equal(await status("10.0.0.1"), 429);
    assert.equal(await status("::ffff:10.0.0.2"), 200);

    const { app: byKey } = limited({ policies: [{ ...burst, limit: 1 }], key: clientIp });
    assert.deepEqual(await statusesOf(byKey, 1, "/items", {}, "2001:db8:0:1::1"), [200]);
    assert.deepEqual(await statusesOf(byKey, 1, "/items", {}, "2001:db8:0:1::2"), [429]);
  });

  it("hashes keys before a store gets them", async () => {
    const keys: string[] = [];
    const store: RateLimitStore = {
      take: (key, quotas) => {
        keys.push(key);
        return {
          passed: true,
          quotas: quotas.map(() => ({ remaining: 1, resetSeconds: 1, waitSeconds: 0 })),
        };
      },
      cleanUp: () => 0,
    };
    const { app } = limited({
      policies: [byAddress, { ...daily, name: "key" }],
      store,
      key: () => "sk_live_1",
    });
    await statusesOf(app, 1);
    assert.equal(keys.length, 2);
    assert.notEqual(keys[0], keys[1]);
    for (const key of keys) assert.match(key, /^[\w-]{43}$/);
  });

  it("is the merchant, the principal, the user, the service or the address, as authentication found them", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      const { as } = c.req.query() as { as?: string };
      if (as === "merchant") setContext({ merchantId: "m1" });
      if (as === "user") setContext({ userId: "u1" });
      if (as === "service") setContext({ sourceService: "s1" });
      if (as === "principal") c.set("principal" as never, { kind: "jwt", subject: "p1" } as never);
      await next();
    });
    app.use(rateLimit({ policies: [{ ...burst, limit: 1 }] }));
    app.get("/items", (c) => c.text("done"));
    for (const as of ["merchant", "user", "service", "principal", "nobody"]) {
      assert.deepEqual(await statusesOf(app, 2, `/items?as=${as}`), [200, 429], as);
    }
    assert.deepEqual(await statusesOf(app, 1, "/items?as=merchant", {}, "10.0.0.9"), [429]);
    assert.deepEqual(await statusesOf(app, 1, "/items?as=nobody", {}, "10.0.0.9"), [200]);
    const spoofed = { headers: { "X-Merchant-ID": "m2", "X-User-ID": "u2", "X-Source-Service": "s2" } };
    assert.deepEqual(await statusesOf(app, 1, "/items?as=nobody", spoofed), [429]);
  });

  it("is nobody where the key is undefined", async () => {
    const { app } = limited({ policies: [{ ...burst, limit: 1 }], key: () => undefined });
    assert.deepEqual(await statusesOf(app, 3), [200, 200, 200]);
  });

  it("is warned of once when the address is not known, and a strict policy refuses", async () => {
    const { app, entries } = limited({ policies: [byAddress] });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await send(app, "/items")).status);
    assert.deepEqual(statuses, [200, 200, 200]);
    const warnings = entries.filter(({ level }) => level === "warn");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!.message, /address of a client is not known/);

    const { app: strict } = limited({ policies: [{ ...byAddress, strict: true }] });
    assert.equal((await send(strict, "/items")).status, 503);
    assert.equal((await send(strict, "/items", {}, peer("10.0.0.1"))).status, 200);
  });
});

describe("where a limit holds", () => {
  it("is before authentication for policies by address, and behind it for those by caller", async () => {
    const seen: string[] = [];
    const authenticate: AuthenticationGuard = {
      securitySchemes: {},
      identify(c) {
        seen.push("authenticate");
        const userId = c.req.raw.headers.get("authorization");
        if (userId === null) return Promise.reject(new UnauthorizedError());
        setContext({ userId });
        return Promise.resolve({ kind: "jwt", subject: userId, scopes: [], claims: {} });
      },
    };
    const policies = [{ ...burst, name: "address", limit: 3, by: "address" }, {
      ...burst,
      limit: 1,
    }] as const;
    const { app } = limited({ policies }, { guards: { authenticate } });
    const as = (user: string) => ({ headers: { Authorization: user } });
    assert.deepEqual(await statusesOf(app, 1), [401]);
    assert.deepEqual(await statusesOf(app, 2, "/items", as("u1")), [200, 429]);
    seen.length = 0;
    assert.deepEqual(await statusesOf(app, 1, "/items", as("u2")), [429]);
    assert.deepEqual(seen, []); // its address is over the limit: no credential was looked at
    const answer = await send(app, "/items", as("u2"), peer("10.0.0.2"));
    assert.deepEqual(itemsOf(answer, "RateLimit").map(([name, { r }]) => [name, r]), [["address", 2], [
      "burst",
      0,
    ]]);
  });

  it("is what a contract names, everything where it names nothing, and nothing where its list is empty", async () => {
    const login = { name: "login", limit: 1, windowSeconds: 60, by: "address", everywhere: false } as const;
    const { app } = limited({ policies: [burst, login] });
    assert.deepEqual(await statusesOf(app, 2, "/login", { method: "POST" }), [200, 429]);
    assert.deepEqual(await statusesOf(app, 3), [200, 200, 429]);
    assert.deepEqual(await statusesOf(app, 5, "/free"), [200, 200, 200, 200, 200]);
  });

  it("is refused where a contract names a policy that there is not", async () => {
    const { logger } = recordingLogger();
    const app = new Hono();
    app.use(glamMiddleware({ logger, app, guards: { rateLimit: rateLimit({ policies: [burst] }) } }));
    implement(app, Login, () => "done");
    assert.equal((await send(app, "/login", { method: "POST" })).status, 500);
    const guard = rateLimit({ policies: [burst] });
    assert.throws(() => guard.check!(Login, {}), {
      name: "TypeError",
      message: 'The endpoint "POST /login" names the policy "login" of the rate limit; there are burst',
    });
  });

  it("never is a probe or the metrics", async () => {
    const { app } = createApp();
    app.use(rateLimit({ policies: [{ ...burst, limit: 1 }] }));
    for (const path of ["/metrics", "/api/v1/health", "/health/live", "/health/ready"]) {
      assert.deepEqual(await statusesOf(app, 3, path), [200, 200, 200], path);
    }
  });

  it("is a plain route, too, also without glamMiddleware", async () => {
    const app = new Hono();
    app.use("/api/*", rateLimit({ policies: [{ ...burst, limit: 1 }] }));
    app.get("/api/a", () => new Response("a"));
    app.get("/b", (c) => c.text("b"));
    const first = await send(app, "/api/a", {}, peer("10.0.0.1"));
    const second = await send(app, "/api/a", {}, peer("10.0.0.1"));
    assert.deepEqual([first.status, second.status], [200, 429]);
    for (const answer of [first, second]) assert.equal(itemsOf(answer, "RateLimit").length, 1);
    assert.match(second.headers.get("retry-after") ?? "", /^\d+$/);
    assert.deepEqual(await statusesOf(app as never, 3, "/b"), [200, 200, 200]);
  });
});

describe("what a request costs", () => {
  it("is what `cost` gives, all of a limit at most, and nothing for 0", async () => {
    const { app } = limited({
      policies: [{ ...burst, limit: 10 }],
      cost: (c) => Number(new URL(c.req.url).searchParams.get("cost")),
    });
    assert.deepEqual(await statusesOf(app, 3, "/items?cost=4"), [200, 200, 429]);
    assert.deepEqual(await statusesOf(app, 3, "/items?cost=2"), [200, 429, 429]);
    assert.deepEqual(await statusesOf(app, 3, "/items?cost=0"), [200, 200, 200]);
    assert.deepEqual(await statusesOf(app, 2, "/items?cost=1000", {}, "10.0.0.2"), [200, 429]);
    assert.deepEqual(await statusesOf(app, 1, "/items?cost=-1"), [500]);
  });
});

describe("a store that fails", () => {
  const failing = (take: RateLimitStore["take"]): RateLimitStore => ({ take, cleanUp: () => 0 });
  const rejects = failing(() => Promise.reject(new Error("down")));
  const throws = failing(() => {
    throw new Error("down");
  });

  for (const [name, store] of Object.entries({ rejects, throws })) {
    it(`lets requests pass, with one warning, and strict policies refuse: it ${name}`, async () => {
      const { app, entries } = limited({ policies: [burst], store });
      assert.deepEqual(await statusesOf(app, 4), [200, 200, 200, 200]);
      assert.equal(entries.filter(({ level }) => level === "warn").length, 1);
      assert.match(
        (await send(app, "/metrics")).text,
        /^rate_limit_store_errors_total\{service="catalog"\} 4$/m,
      );

      for (const options of [{ onStoreError: "closed" } as const, {}]) {
        const strict = "onStoreError" in options ? {} : { strict: true };
        const { app } = limited({ policies: [{ ...burst, ...strict }, daily], store, ...options });
        const { status, headers, body } = await send(app, "/items", {}, peer("10.0.0.1"));
        assert.deepEqual([status, body.error.code], [503, "SERVICE_UNAVAILABLE"]);
        assert.equal(headers.get("retry-after"), "1");
      }
    });
  }

  it("that hangs holds up one request at a time, is told to give up, and is asked again", async () => {
    const signals: AbortSignal[] = [];
    let hangs = true;
    const store = failing((_key, quotas, { signal }) => {
      if (!hangs) return new MemoryLike().take(quotas);
      signals.push(signal);
      return new Promise(() => {});
    });
    const { app, entries } = limited({ policies: [burst], store, storeTimeoutMs: 1 });
    await statusesOf(app, 1); // now it is known to fail
    assert.equal(signals[0]!.aborted, true);
    signals.length = 0;
    const all = await Promise.all(Array.from({ length: 100 }, () => statusesOf(app, 1)));
    assert.deepEqual(new Set(all.flat()), new Set([200]));
    assert.equal(signals.length, 1);
    assert.equal(entries.filter(({ level }) => level === "warn").length, 1);
    hangs = false;
    const answer = await send(app, "/items", {}, peer("10.0.0.1"));
    assert.equal(itemsOf(answer, "RateLimit").length, 1);
  });
});

/** A store whose quotas are never used up. */
class MemoryLike {
  take(quotas: readonly RateLimitQuota[]): Promise<RateLimitResult> {
    const whole = quotas.map(({ limit }) => ({ remaining: limit, resetSeconds: 0, waitSeconds: 0 }));
    return Promise.resolve({ passed: true, quotas: whole });
  }
}

it("metrics count requests by policy and outcome, without a key", async () => {
  const { app } = limited({ policies: [burst, daily] });
  await statusesOf(app, 5);
  const { text } = await send(app, "/metrics");
  const lines = text.split("\n").filter((line) => line.startsWith("rate_limit_requests_total"));
  assert.deepEqual(lines.filter((line) => !line.endsWith(" 0")).sort(), [
    'rate_limit_requests_total{service="catalog",policy="burst",outcome="limited"} 3',
    'rate_limit_requests_total{service="catalog",policy="burst",outcome="passed"} 2',
    'rate_limit_requests_total{service="catalog",policy="daily",outcome="passed"} 2',
  ]);
  assert.equal(lines.length, 8);
  assert.doesNotMatch(text, /10\.0\.0\.1/);
});

it("a document says 429 with its headers where a policy holds", () => {
  const { app } = limited({ policies: [burst, { ...daily, name: "login" }] });
  const { paths, components } = openapi(app, { title: "Catalog", version: "1.0.0" });
  const responses = (path: string, method: string) =>
    Object.keys((paths[path] as Record<string, { responses: object }>)[method]!.responses);
  assert.ok(responses("/items", "get").includes("429"));
  assert.ok(responses("/login", "post").includes("429"));
  assert.ok(!responses("/free", "get").includes("429"));
  const { Error429 } = components["responses"] as Record<string, { headers: object }>;
  assert.deepEqual(Object.keys(Error429!.headers), ["RateLimit", "RateLimit-Policy", "Retry-After"]);
});

it("options are checked before they are used", () => {
  const refused: [object, string, RegExp][] = [
    [{ policies: [] }, "TypeError", /Expected `policies` to be a list with one policy at least/],
    [{ policies: [burst, burst] }, "TypeError", /two policies "burst"/],
    [{ policies: [{ ...burst, name: 'a"b' }] }, "TypeError", /Expected the name of a policy/],
    [{ policies: [{ ...burst, name: "__proto__" }] }, "TypeError", /Expected the name of a policy/],
    [
      { policies: [{ ...burst, limit: 0 }] },
      "RangeError",
      /`policies.burst.limit` to be a whole number from 1/,
    ],
    [
      { policies: [{ ...burst, windowSeconds: 0.5 }] },
      "RangeError",
      /`policies.burst.windowSeconds` to be a whole number from 1/,
    ],
    [{ policies: [{ ...burst, by: "ip" }] }, "TypeError", /`by` of "burst" to be "address" or "caller"/],
    [{ policies: [burst], store: {} }, "TypeError", /`store` to have a method `take`/],
    [{ policies: [burst], onStoreError: "ignore" }, "TypeError", /`onStoreError` to be "open" or "closed"/],
    [{ policies: [burst], storeTimeoutMs: 0 }, "RangeError", /`storeTimeoutMs` to be between 1 and/],
    [{ policies: [burst], headers: "legacy" }, "TypeError", /`headers` to be "draft" or false/],
    [{ policies: [burst], key: "ip" }, "TypeError", /`key` to be a function/],
    [{ policies: [burst], cost: 2 }, "TypeError", /`cost` to be a function/],
  ];
  for (const [options, name, message] of refused) {
    assert.throws(() => rateLimit(options as RateLimitOptions), { name, message });
  }
});
