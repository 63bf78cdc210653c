/**
 * Somebody who tries to get in, over a socket: into an application that has every guard of this area. Each attempt must be
 * answered without the handler, and with what a stranger may know.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { clientIp, glamMiddleware, type GlamVariables, implement } from "@glam/shared/api";
import {
  apiKey,
  authenticate,
  createApiKey,
  createServiceTokenSource,
  jwt,
  serviceToken,
  shopifySession,
  shopifyWebhook,
} from "@glam/shared/auth";
import { getContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import { exportPKCS8, exportSPKI, importJWK, SignJWT } from "jose";
import * as z from "zod";
import { createHmac } from "node:crypto";
import { recordingLogger } from "../_support/recording_logger.ts";
import { serveApp, type ServedApp } from "../_support/served_app.ts";
import { createSigner, encode, ISSUER, type Json, seconds, type Signer } from "./_support.ts";

const Account = defineEndpoint("GET /merchants/:id", {
  data: z.object({ merchant: z.string(), user: z.string(), source: z.string(), address: z.string() }),
  scopes: ["accounts:read"],
});

const WEBHOOK_SECRET = "hush-hush-0123456789";
const SHOPIFY = { apiKey: "the-app", apiSecret: "shpss_0123456789abcdef0123456789abcdef" };

describe("somebody who tries to get in", () => {
  let owner: Signer;
  let stranger: Signer;
  let orders: Signer;
  let served: ServedApp;
  let handled = 0;
  const known = createApiKey("glam_live");

  before(async () => {
    [owner, stranger, orders] = await Promise.all([
      createSigner("k1", { defaults: { merchant_id: "m1", scope: "accounts:read" } }),
      createSigner("k1", { defaults: { merchant_id: "m1", scope: "accounts:read" } }),
      createSigner("orders", { defaults: { iss: "orders", sub: "orders", merchant_id: "m1" } }),
    ]);
    const { logger } = recordingLogger();
    const app = new Hono<{ Variables: GlamVariables }>();
    app.use(glamMiddleware({
      service: "accounts",
      logger,
      guards: {
        authenticate: authenticate([
          jwt({ issuer: ISSUER, audience: "catalog", jwks: { keys: [owner.jwk] } }),
          serviceToken({
            audience: "accounts",
            keys: { keys: [orders.jwk] },
            callers: { orders: ["accounts:read"], credits: ["accounts:read"] },
          }),
          apiKey({ find: (hash) => hash === known.hash ? { id: 1, hash, merchant_id: "m1" } : undefined }),
          shopifySession(SHOPIFY),
        ]),
      },
    }));
    implement(app, Account, ({ params, c }) => {
      const { merchantId, userId = "", sourceService = "" } = getContext()!;
      if (merchantId !== params.id) throw new NotFoundError("No such merchant", { resource: "merchant" });
      handled++;
      return { merchant: merchantId, user: userId, source: sourceService, address: clientIp(c) ?? "" };
    });
    app.post("/webhooks", shopifyWebhook({ secret: WEBHOOK_SECRET }), (c) => {
      handled++;
      return c.body(null, 200);
    });
    served = await serveApp((request, env) => app.fetch(request, env));
  });
  after(() => served[Symbol.asyncDispose]());

  async function ask(
    headers: Record<string, string>,
    path = "/merchants/m1",
  ): Promise<{ status: number; body: Json }> {
    handled = 0;
    const response = await fetch(`${served.url}${path}`, { headers });
    return { status: response.status, body: await response.json() };
  }
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  it("would get in with what is right", async () => {
    const tokenFor = createServiceTokenSource({
      issuer: "orders",
      privateKey: await exportPKCS8(orders.privateKey),
      claims: () => ({ merchant_id: "m1" }),
    });
    for (const token of [await owner.sign(), await tokenFor("accounts")]) {
      const { status, body } = await ask(bearer(token));
      assert.deepEqual([status, body.data?.merchant, handled], [200, "m1", 1]);
    }
  });

  const attempts: Readonly<Record<string, () => Promise<Record<string, string>> | Record<string, string>>> = {
    "without a token": () => ({}),
    "with a token that somebody else signed": async () => bearer(await stranger.sign()),
    "with a token that has expired": async () => bearer(await owner.sign({ exp: seconds(-60) })),
    "with a token for another service": async () => bearer(await owner.sign({ aud: "billing" })),
    "with a token of another issuer": async () => bearer(await owner.sign({ iss: "https://evil.test/" })),
    "with alg none": () =>
      bearer(
        `${encode({ alg: "none" })}.${
          encode({
            iss: ISSUER,
            aud: "catalog",
            sub: "x",
            exp: seconds(60),
            merchant_id: "m1",
            scope: "accounts:read",
          })
        }.`,
      ),
    "with the public key as an HMAC secret": async () => {
      const key = await importJWK(owner.jwk, "ES256", { extractable: true });
      const secret = new TextEncoder().encode(await exportSPKI(key as never));
      const claims = { iss: ISSUER, aud: "catalog", sub: "x", merchant_id: "m1", scope: "accounts:read" };
      return bearer(
        await new SignJWT(claims).setExpirationTime("1 minute")
          .setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(secret),
      );
    },
    "with its own key in the token's header": async () =>
      bearer(await stranger.sign({}, { jwk: stranger.jwk, kid: undefined })),
    "with the address of its own keys in the token's header": async () =>
      bearer(await stranger.sign({}, { jku: "https://evil.test/jwks.json" })),
    "with a token of a service for another service": async () =>
      bearer(await orders.sign({ aud: "billing" }, { typ: "service+jwt" })),
    "with a token of one service in the name of another": async () =>
      bearer(await orders.sign({ iss: "credits", aud: "accounts" }, { typ: "service+jwt" })),
    "with a token of a user as one of a service": async () =>
      bearer(await owner.sign({ iss: "orders", aud: "accounts" }, { typ: "service+jwt" })),
    "with a token of a service as one of a user": async () => bearer(await orders.sign({ iss: ISSUER })),
    "with a session of a shop that is none": async () => {
      const iss = "https://acme.myshopify.com.evil.com";
      const claims = { iss: `${iss}/admin`, dest: iss, aud: SHOPIFY.apiKey, sub: "1" };
      return bearer(
        await new SignJWT(claims).setExpirationTime("1 minute").setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode(SHOPIFY.apiSecret)),
      );
    },
    "with a guessed API key": () => ({ "X-Api-Key": createApiKey("glam_live").key }),
    "with the hash of an API key": () => ({ "X-Api-Key": known.hash }),
    "with an API key as a token": () => bearer(known.key),
    "with a good token behind a bad one": async () => ({
      Authorization: `Bearer abc, Bearer ${await owner.sign()}`,
    }),
    "with a good token and a bad key": async () => ({ ...bearer(await owner.sign()), "X-Api-Key": "a" }),
    "with a good token in a cookie": async () => ({ Cookie: `token=${await owner.sign()}; Authorization=x` }),
    "as a service, by headers alone": () => ({
      "X-Source-Service": "orders",
      "X-Service-Name": "orders",
      "X-Merchant-Id": "m1",
      "X-Forwarded-User": "maria",
      "X-Forwarded-For": "127.0.0.1",
      "X-Original-Url": "/health",
    }),
  };
  const answers = new Set<string>();
  for (const [name, headers] of Object.entries(attempts)) {
    it(`fails ${name}`, async () => {
      const { status, body } = await ask(await headers());
      assert.equal(status, 401);
      assert.equal(handled, 0);
      answers.add(JSON.stringify(body.error));
    });
  }

  it("learns nothing from the answers", () => {
    assert.equal(answers.size, 1, [...answers].join("\n"));
  });

  it("fails with a token in the URL", async () => {
    const token = await owner.sign();
    const { status } = await ask({}, `/merchants/m1?access_token=${token}&token=${token}`);
    assert.deepEqual([status, handled], [401, 0]);
  });

  it("fails without the scope, whatever the token says elsewhere", async () => {
    const token = await owner.sign({ scope: "accounts", scopes: ["accounts:read"], scp: ["accounts:read"] });
    assert.deepEqual([(await ask(bearer(token))).status, handled], [403, 0]);
    const key = await ask({ "X-Api-Key": known.key });
    assert.deepEqual([key.status, handled], [403, 0]);
  });

  it("fails at another tenant, in the path, in headers and in baggage", async () => {
    const own = bearer(await owner.sign({ merchant_id: "m2" }));
    const headers = { ...own, "X-Merchant-Id": "m1", baggage: "merchant_id=m1", "X-Tenant-Id": "m1" };
    const there = await ask(headers);
    const nowhere = await ask(own, "/merchants/nobody");
    assert.deepEqual([there.status, handled], [404, 0]);
    assert.deepEqual(there.body.error, nowhere.body.error, "another's account looks like none");
    assert.equal((await ask(bearer(await owner.sign({ merchant_id: ["m1"] })))).status, 401);
    assert.equal((await ask(bearer(await owner.sign({ merchant_id: undefined })))).status, 404);
  });

  it("cannot pretend to be at another address, or to be a service", async () => {
    const { body } = await ask({
      ...bearer(await owner.sign()),
      "X-Forwarded-For": "10.0.0.1",
      Forwarded: "for=10.0.0.1",
      "X-Real-IP": "10.0.0.1",
      "CF-Connecting-IP": "10.0.0.1",
      "True-Client-IP": "10.0.0.1",
      "X-Source-Service": "orders",
    });
    assert.match(body.data.address, /127\.0\.0\.1$|^::1$/);
    assert.deepEqual([body.data.user, body.data.source], ["maria", ""]);
  });

  it("has no effect with a webhook that it has copied, changed or made up", async () => {
    const sign = (body: string, secret = WEBHOOK_SECRET) =>
      createHmac("sha256", secret).update(body).digest("base64");
    const post = async (body: string, signature: string, id: string, topic = "orders/create") => {
      const headers = {
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Webhook-Id": id,
        "X-Shopify-Topic": topic,
      };
      const response = await fetch(`${served.url}/webhooks`, { method: "POST", headers, body });
      await response.text();
      return response.status;
    };
    handled = 0;
    const body = '{"id":1,"total":"10.00"}';
    assert.equal(await post(body, sign(body), "1"), 200);
    assert.equal(handled, 1);
    assert.equal(await post(body, sign(body), "1"), 200, "copied");
    assert.equal(await post(body, sign(body), "2", "orders/cancelled"), 200, "copied, with other headers");
    assert.equal(await post('{"id":1,"total":"0.01"}', sign(body), "3"), 401, "changed");
    assert.equal(await post("{}", sign("{}", "guess"), "4"), 401, "made up");
    assert.equal(await post("{}", "", "5"), 401, "not signed");
    assert.equal(handled, 1);
  });
});
