import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { glamMiddleware, implement } from "@glam/shared/api";
import {
  createMemoryWebhookStore,
  hmacWebhook,
  type HmacWebhookOptions,
  shopifyWebhook,
  type WebhookForm,
  type WebhookVariables,
} from "@glam/shared/auth";
import { defineEndpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";
import { recordingLogger } from "../_support/recording_logger.ts";
import { deferred } from "../api/_support.ts";
import { ownDate, send } from "./_support.ts";

const encoder = new TextEncoder();

/** Signs with WebCrypto; what others have signed is below. */
async function sign(secret: string, text: string, encoding: "base64" | "hex"): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  if (encoding === "base64") return btoa(String.fromCharCode(...bytes));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function createApp(options: HmacWebhookOptions) {
  const { logger, entries } = recordingLogger();
  const app = new Hono<{ Variables: WebhookVariables }>();
  const seen: { id: string; topic: string | undefined; json: unknown }[] = [];
  let status: 200 | 500 = 200;
  app.use(glamMiddleware({ service: "hooks", logger }));
  app.post("/hook", hmacWebhook(options), async (c) => {
    const { id, unverified } = c.var.webhook;
    seen.push({ id, topic: unverified["topic"], json: await c.req.json().catch(() => undefined) });
    return c.body(null, status);
  });
  return { app, entries, seen, fail: (fails: boolean) => void (status = fails ? 500 : 200) };
}

const SECRET = "hush-0123456789abcdef";
const shopifyRequest = async (body: string, headers: Record<string, string> = {}, secret = SECRET) => ({
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-Shopify-Hmac-Sha256": await sign(secret, body, "base64"),
    "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "X-Shopify-Topic": "orders/create",
    "X-Shopify-Shop-Domain": "acme.myshopify.com",
    ...headers,
  },
  body,
});

/** A body in which parsing and writing again would change bytes: spaces, escapes, a number beyond doubles. */
const RAW = '{ "id": 820982911946154508,\n "caf\\u00e9": "é", "price": 1.50 }';

describe("webhooks that others have signed", () => {
  it("of Shopify, by OpenSSL", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    // printf '%s' "$RAW" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64
    const headers = {
      "X-Shopify-Hmac-Sha256": "hJsct2fd9Cd9r8AHQpE+e0+bIoJp/yT00aajIkJ3m0g=",
      "X-Shopify-Topic": "orders/create",
    };
    const { status } = await send(app, "/hook", { method: "POST", headers, body: RAW });
    assert.deepEqual([status, seen.length, seen[0]?.topic], [200, 1, "orders/create"]);
  });

  it("of GitHub, from its documentation", async () => {
    const { app, seen } = createApp({ form: "github", secret: "It's a Secret to Everybody" });
    const signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const headers = { "X-Hub-Signature-256": `sha256=${signature}`, "X-GitHub-Event": "ping" };
    assert.equal((await send(app, "/hook", { method: "POST", headers, body: "Hello, World!" })).status, 200);
    assert.equal(seen[0]!.topic, "ping");
  });

  it("of Stripe, by Python", async () => {
    using _clock = ownDate(1_492_774_577_000 + 299_000);
    const { app, seen } = createApp({ form: "stripe", secret: "whsec_0123456789abcdef" });
    // hmac.new(b"whsec_0123456789abcdef", b"1492774577." + body, hashlib.sha256).hexdigest()
    const headers = {
      "Stripe-Signature":
        "t=1492774577,v1=5489a411ee838895d0a45cb7adc34ddac2a660aefc8b452184ad4cb72295a135,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
    };
    const body = '{"id":"evt_1","object":"event"}';
    assert.equal((await send(app, "/hook", { method: "POST", headers, body })).status, 200);
    assert.equal(seen[0]!.id, "evt_1");
  });

  it("by the OpenSSL of this machine, if there is one", async (t) => {
    let signature: string;
    try {
      const output = execFileSync("openssl", ["dgst", "-sha256", "-hmac", SECRET, "-binary"], { input: RAW });
      signature = output.toString("base64");
    } catch {
      return t.skip("there is no openssl");
    }
    const { app } = createApp({ form: "shopify", secret: SECRET });
    const headers = { "X-Shopify-Hmac-Sha256": signature };
    assert.equal((await send(app, "/hook", { method: "POST", headers, body: RAW })).status, 200);
  });
});

describe("a webhook", () => {
  it("is handled with what was signed, byte by byte, and stays readable", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    assert.equal((await send(app, "/hook", await shopifyRequest(RAW))).status, 200);
    assert.deepEqual(seen, [{
      id: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
      topic: "orders/create",
      json: JSON.parse(RAW),
    }]);
  });

  it("is taken with either secret while it is rotated", async () => {
    const { app } = createApp({ form: "shopify", secret: ["new-secret", { reveal: () => SECRET }] });
    const status = async (body: string, secret: string) =>
      (await send(app, "/hook", await shopifyRequest(body, { "X-Shopify-Webhook-Id": body }, secret))).status;
    assert.deepEqual(
      [await status("1", "new-secret"), await status("2", SECRET), await status("3", "older")],
      [
        200,
        200,
        401,
      ],
    );
  });

  const wrong: Readonly<Record<string, Record<string, string>>> = {
    "another signature": { "X-Shopify-Hmac-Sha256": btoa("x".repeat(32)) },
    "a signature in hex": { "X-Shopify-Hmac-Sha256": "ab".repeat(32) },
    "an empty signature": { "X-Shopify-Hmac-Sha256": "" },
    "a signature that is too short": { "X-Shopify-Hmac-Sha256": btoa("x") },
    "a signature of another language": { "X-Shopify-Hmac-Sha256": "é".repeat(44) },
  };
  for (const [name, headers] of Object.entries(wrong)) {
    it(`is refused with 401: ${name}`, async () => {
      const { app, seen, entries } = createApp({ form: "shopify", secret: SECRET });
      const { status, body } = await send(app, "/hook", await shopifyRequest("{}", headers));
      assert.equal(status, 401);
      assert.deepEqual(body.error, { code: "UNAUTHORIZED", message: "Authentication required" });
      assert.equal(seen.length, 0);
      assert.equal(entries[0]!.message, "Webhook refused");
      assert.ok(!JSON.stringify(entries).includes(SECRET));
    });
  }

  it("is refused with 401 without a signature, and with another body under a good one", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    assert.equal((await send(app, "/hook", { method: "POST", body: "{}" })).status, 401);
    const good = await shopifyRequest('{"amount":1}');
    assert.equal((await send(app, "/hook", { ...good, body: '{"amount":9}' })).status, 401);
    assert.equal((await send(app, "/hook", { ...good, body: '{"amount":1} ' })).status, 401);
    assert.equal(seen.length, 0);
  });

  it("has at most 1 MiB, whatever its length says, and no content coding", async () => {
    const { app } = createApp({ form: "shopify", secret: SECRET });
    const most = "x".repeat(2 ** 20);
    assert.equal((await send(app, "/hook", await shopifyRequest(most))).status, 200);
    assert.equal((await send(app, "/hook", await shopifyRequest(`${most}x`))).status, 413);
    const endless = new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(new Uint8Array(65_536)) });
    const init = { method: "POST", body: endless, duplex: "half", headers: { "X-Shopify-Hmac-Sha256": "x" } };
    assert.equal((await send(app, "/hook", init as RequestInit)).status, 413);
    const coded = await shopifyRequest("{}", { "Content-Encoding": "gzip" });
    assert.equal((await send(app, "/hook", coded)).status, 415);
  });

  it("whose body was parsed before is an error of the application, and not of the sender", async () => {
    const { logger, entries } = recordingLogger();
    const app = new Hono();
    app.use(glamMiddleware({ logger }));
    app.use(async (c, next) => {
      await c.req.formData();
      await next();
    });
    app.post("/hook", shopifyWebhook({ secret: SECRET }), (c) => c.text("ok"));
    const init = {
      method: "POST",
      body: "a=1",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    };
    assert.equal((await send(app, "/hook", init)).status, 500);
    assert.match(String(entries[0]!.fields["error"]), /read before/);
  });

  it("goes on to the validation of an endpoint", async () => {
    const app = new Hono<{ Variables: WebhookVariables }>();
    const { logger } = recordingLogger();
    app.use(glamMiddleware({ logger }));
    const Hook = defineEndpoint("POST /hook", {
      body: z.object({ id: z.int() }),
      data: z.string(),
      auth: "none",
    });
    implement(
      app,
      Hook,
      shopifyWebhook({ secret: SECRET }),
      ({ body, c }) => `${body.id} ${c.var.webhook.unverified["shop"]}`,
    );
    const answer = await send(app, "/hook", await shopifyRequest('{"id":7}'));
    assert.equal(answer.body.data, "7 acme.myshopify.com");
    assert.equal(
      (await send(app, "/hook", await shopifyRequest('{"id":"x"}', { "X-Shopify-Webhook-Id": "2" }))).status,
      422,
    );
    assert.equal((await send(app, "/hook", await shopifyRequest('{"id":7}', {}, "other"))).status, 401);
  });
});

describe("a webhook that comes again", () => {
  it("by its id is answered 200 without the handler", async () => {
    const { app, seen, entries } = createApp({ form: "shopify", secret: SECRET });
    for (const body of ["1", "1", "2"]) {
      assert.equal((await send(app, "/hook", await shopifyRequest(body))).status, 200);
    }
    assert.equal(seen.length, 1);
    assert.equal(entries.filter(({ message }) => message === "Webhook handled before").length, 2);
  });

  it("by its body under another id, topic and shop is answered 200 without the handler", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    await send(app, "/hook", await shopifyRequest(RAW));
    const headers = {
      "X-Shopify-Webhook-Id": "00000000-0000-4000-8000-000000000000",
      "X-Shopify-Topic": "orders/cancelled",
      "X-Shopify-Shop-Domain": "evil.myshopify.com",
    };
    assert.equal((await send(app, "/hook", await shopifyRequest(RAW, headers))).status, 200);
    assert.equal(seen.length, 1);
    // The replay has taken no id: the event that has it comes through.
    await send(app, "/hook", await shopifyRequest("{}", headers));
    assert.equal(seen.length, 2);
  });

  it("by its body under another topic is another one where that is asked for", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET, sameBy: "body and topic" });
    const as = (id: string, topic: string) =>
      shopifyRequest(RAW, { "X-Shopify-Webhook-Id": id, "X-Shopify-Topic": topic });
    await send(app, "/hook", await as("1", "orders/create"));
    await send(app, "/hook", await as("2", "orders/paid"));
    await send(app, "/hook", await as("3", "orders/paid"));
    assert.deepEqual(seen.map(({ topic }) => topic), ["orders/create", "orders/paid"]);
  });

  it("after its handler failed is handled", async () => {
    const { app, seen, fail } = createApp({ form: "shopify", secret: SECRET });
    fail(true);
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 500);
    fail(false);
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 200);
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 200);
    assert.equal(seen.length, 2);
  });

  it("after its handler threw what is no Error is handled", async () => {
    const { logger } = recordingLogger();
    const app = new Hono();
    let runs = 0;
    app.use(glamMiddleware({ logger }));
    app.post("/hook", shopifyWebhook({ secret: SECRET }), (c) => {
      if (runs++ === 0) throw "a text";
      return c.text("ok");
    });
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 500);
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 200);
    assert.equal(runs, 2);
  });

  it("while it is being handled is a 409, and then a 200", async () => {
    const { logger } = recordingLogger();
    const app = new Hono();
    const [begun, end] = [deferred(), deferred()];
    app.use(glamMiddleware({ logger }));
    app.post("/hook", shopifyWebhook({ secret: SECRET }), async (c) => {
      begun.resolve();
      await end.promise;
      return c.text("ok");
    });
    const first = send(app, "/hook", await shopifyRequest("1"));
    await begun.promise;
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 409);
    end.resolve();
    assert.equal((await first).status, 200);
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 200);
  });

  it("after 7 days is handled, and not before", async () => {
    using clock = ownDate();
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    await send(app, "/hook", await shopifyRequest("1"));
    clock.tick(7 * 24 * 3_600_000 - 1);
    await send(app, "/hook", await shopifyRequest("1"));
    assert.equal(seen.length, 1);
    clock.tick(1);
    await send(app, "/hook", await shopifyRequest("1"));
    assert.equal(seen.length, 2);
  });

  it("at once, many times, is handled once", async () => {
    const { app, seen } = createApp({ form: "shopify", secret: SECRET });
    const init = await shopifyRequest("1");
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await app.request("/hook", init)).status),
    );
    assert.equal(seen.length, 1);
    assert.ok(statuses.every((status) => status === 200 || status === 409));
  });

  it("is answered by what was done, also where the store fails afterwards", async () => {
    const store = { ...createMemoryWebhookStore(), finish: () => Promise.reject(new Error("no database")) };
    const { app, entries } = createApp({ form: "shopify", secret: SECRET, store });
    assert.equal((await send(app, "/hook", await shopifyRequest("1"))).status, 200);
    assert.ok(entries.some(({ level, message }) => level === "error" && /could not be noted/.test(message)));
  });
});

describe("a webhook whose time is signed", () => {
  const at = async (t: number | string, more = "", signed: number | string = t) => {
    const body = `{"id":"evt_${Math.random()}"}`;
    const signature = await sign(SECRET, `${signed}.${body}`, "hex");
    return { method: "POST", headers: { "Stripe-Signature": `t=${t},v1=${signature}${more}` }, body };
  };

  it("is refused 300 seconds before and after, and where the time was changed", async () => {
    const now = 1_800_000_000;
    using _clock = ownDate(now * 1000);
    const { app } = createApp({ form: "stripe", secret: SECRET });
    const status = async (init: RequestInit) => (await send(app, "/hook", init)).status;
    assert.equal(await status(await at(now - 300)), 200);
    assert.equal(await status(await at(now - 301)), 401);
    assert.equal(await status(await at(now + 300)), 200);
    assert.equal(await status(await at(now + 301)), 401);
    assert.equal(await status(await at(now, "", now - 1000)), 401);
    assert.equal(await status(await at(now, `,t=${now}`)), 401, "two times");
    assert.equal(await status(await at("")), 401);
    assert.equal(await status(await at("NaN")), 401);
    assert.equal(await status(await at(now, ",v1=abc,v0=def")), 200);
  });
});

it("a form of one's own says how it is signed", async () => {
  const slack: WebhookForm = {
    name: "slack",
    encoding: "hex",
    signatures: (headers) => [headers.get("x-slack-signature")?.replace(/^v0=/, "") ?? ""],
    signed: (headers, body) => [`v0:${headers.get("x-slack-request-timestamp")}:`, body],
    signedAt: (headers) => Number(headers.get("x-slack-request-timestamp")),
  };
  // From Slack's documentation.
  using _clock = ownDate(1_531_420_618_000);
  const { app, seen } = createApp({ form: slack, secret: "8f742231b10e8888abcd99yyyzzz85a5" });
  const body =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
    "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
    "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    "X-Slack-Request-Timestamp": "1531420618",
    "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
  };
  assert.equal((await send(app, "/hook", { method: "POST", headers, body })).status, 200);
  assert.match(seen[0]!.id, /^sha256:[0-9a-f]{64}$/);
});

it("options of webhooks are checked before anything else", () => {
  const wrong: readonly [object, RegExp][] = [
    [{ form: "paypal", secret: "a" }, /`form` to be "github", "shopify", "stripe"/],
    [{ form: "constructor", secret: "a" }, /`form`/],
    [{ form: "shopify", secret: "" }, /`secret`/],
    [{ form: "shopify", secret: [] }, /`secret`/],
    [{ form: "shopify", secret: "a", sameBy: "id" }, /`sameBy`/],
    [
      { form: "stripe", secret: "a", toleranceSeconds: 0 },
      /`toleranceSeconds` to be a number from 1 to 3600/,
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => hmacWebhook(options as HmacWebhookOptions), { message });
  }
  assert.throws(() => createMemoryWebhookStore({ maxWebhooks: 0 }), { name: "RangeError" });
});
