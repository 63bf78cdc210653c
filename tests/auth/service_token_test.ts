import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { implement } from "@glam/shared/api";
import {
  createServiceTokenSource,
  jwt,
  serviceToken,
  type ServiceTokenSourceOptions,
} from "@glam/shared/auth";
import { createServiceClient } from "@glam/shared/client";
import { getContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { decodeJwt, decodeProtectedHeader, exportJWK, exportPKCS8 } from "jose";
import * as z from "zod";
import {
  ask,
  createApp,
  createSigner,
  ISSUER,
  ownDate,
  reasons,
  seconds,
  send,
  type Signer,
  WhoAmI,
} from "./_support.ts";

let orders: Signer;
let credits: Signer;
let keys: { readonly keys: readonly Signer["jwk"][] };
before(async () => {
  const signerOf = (service: string, kid: string) =>
    createSigner(kid, { defaults: { iss: service, sub: service } });
  [orders, credits] = await Promise.all([signerOf("orders", "orders/2"), signerOf("credits", "credits")]);
  keys = { keys: [orders.jwk, credits.jwk] };
});

const SERVICE = { typ: "service+jwt" };
const create = (audience = "catalog") =>
  createApp([
    serviceToken({ audience, keys, callers: { orders: ["items:read", "items:write"], credits: [] } }),
  ]);
const sourceOf = async (options: Partial<ServiceTokenSourceOptions> = {}) =>
  createServiceTokenSource({
    issuer: "orders",
    keyId: "orders/2",
    privateKey: await exportPKCS8(orders.privateKey),
    ...options,
  });

describe("a service token", () => {
  it("says which service calls, and what this service lets it do", async () => {
    const { app } = create();
    const tokenFor = await sourceOf({ claims: () => ({ merchant_id: 7, user_id: "maria" }) });
    const { body } = await ask(app, await tokenFor("catalog"));
    assert.deepEqual(body.data, {
      kind: "service",
      subject: "orders",
      caller: "orders",
      scopes: ["items:read", "items:write"],
      merchantId: "7",
      userId: "maria",
      sourceService: "orders",
    });
    assert.equal((await ask(app, await tokenFor("catalog"), "/items", "POST")).status, 200);
    const other = await credits.sign({ scope: "items:read items:write" }, SERVICE);
    assert.equal((await ask(app, other, "/items", "POST")).status, 403, "scopes that it gave itself");
  });

  it("for one service is refused by another", async () => {
    const { app, entries } = create("orders");
    assert.equal((await ask(app, await (await sourceOf())("catalog"))).status, 401);
    assert.deepEqual(reasons(entries), ["The claim `aud` of the token is not right"]);
  });

  const refused: readonly [string, () => Promise<string>, RegExp][] = [
    ["signed by one service in the name of another", () => orders.sign({ iss: "credits" }, SERVICE), /kid/],
    [
      "with the key name of another",
      () => orders.sign({ iss: "credits" }, { ...SERVICE, kid: "credits" }),
      /signature/,
    ],
    ["whose service only begins like the key", () => orders.sign({ iss: "orders/2" }, SERVICE), /callers/],
    ["of a service that may not call", () => orders.sign({ iss: "stranger" }, SERVICE), /callers/],
    ["without a service", () => orders.sign({ iss: undefined }, SERVICE), /callers/],
    ["named like a member of every object", () => orders.sign({ iss: "constructor" }, SERVICE), /callers/],
    ["that is valid for an hour", () => orders.sign({ exp: seconds(3600) }, SERVICE), /300 seconds/],
    ["that does not say when it was made", () => orders.sign({ iat: undefined }, SERVICE), /300 seconds/],
    ["that has expired", () => orders.sign({ exp: seconds(-11) }, SERVICE), /expired/],
    ["of the type of a user's", () => orders.sign({}, { typ: "JWT" }), /No strategy/],
  ];
  for (const [name, make, reason] of refused) {
    it(`is refused: ${name}`, async () => {
      const { app, entries } = create();
      assert.equal((await ask(app, await make())).status, 401);
      assert.match(String(reasons(entries)[0]), reason);
    });
  }

  it("makes the caller's deadline hold, which no name in a header does", async () => {
    const HasDeadline = defineEndpoint("GET /deadline", { data: z.boolean() });
    const user = await createSigner("k1");
    const { app } = createApp([
      serviceToken({ audience: "catalog", keys, callers: ["orders"] }),
      jwt({ issuer: ISSUER, audience: "catalog", jwks: { keys: [user.jwk] } }),
    ]);
    implement(app, HasDeadline, () => getContext()!.deadlineAt !== undefined);
    const hasDeadline = async (token: string) => {
      const headers = {
        Authorization: `Bearer ${token}`,
        "X-Request-Timeout-Ms": "60000",
        "X-Service-Name": "orders",
        "X-Source-Service": "orders",
      };
      return (await send(app, "/deadline", { headers })).body.data;
    };
    assert.equal(await hasDeadline(await (await sourceOf())("catalog")), true);
    assert.equal(await hasDeadline(await user.sign()), false);
  });
});

describe("a source of service tokens", () => {
  it("signs for a minute, with all that the other side looks for", async () => {
    const token = await (await sourceOf())("catalog");
    assert.deepEqual(decodeProtectedHeader(token), { alg: "ES256", typ: "service+jwt", kid: "orders/2" });
    const { iss, sub, aud, iat, exp, jti } = decodeJwt(token);
    assert.deepEqual({ iss, sub, aud, lifetime: exp! - iat! }, {
      iss: "orders",
      sub: "orders",
      aud: "catalog",
      lifetime: 60,
    });
    assert.match(jti!, /^[0-9a-f-]{36}$/);
  });

  it("gives a token again until half of its time is over", async () => {
    using clock = ownDate();
    let merchant = "m1";
    const tokenFor = await sourceOf({ claims: () => ({ merchant_id: merchant }) });
    const first = await tokenFor("catalog");
    clock.tick(29_999);
    assert.equal(await tokenFor("catalog"), first);
    assert.notEqual(await tokenFor("credits"), first);
    merchant = "m2";
    assert.notEqual(await tokenFor("catalog"), first);
    merchant = "m1";
    clock.tick(1);
    assert.notEqual(await tokenFor("catalog"), first);
  });

  it("takes a key as a JWK, as its JSON, and as a secret, with EdDSA as well", async () => {
    const signer = await createSigner("orders", { algorithm: "EdDSA" });
    const jwk = { ...await exportJWK(signer.privateKey), kid: "orders" };
    const { app } = createApp([
      serviceToken({ audience: "catalog", keys: { keys: [signer.jwk] }, callers: ["orders"] }),
    ]);
    const json = JSON.stringify(jwk);
    for (const privateKey of [jwk, json, { reveal: () => json }]) {
      const tokenFor = createServiceTokenSource({ issuer: "orders", privateKey });
      assert.equal((await ask(app, await tokenFor("catalog"))).status, 200);
    }
  });

  it("goes with the calls of a client", async () => {
    const { app } = create();
    const tokenFor = await sourceOf();
    const catalog = createServiceClient({
      service: "catalog",
      endpoints: { WhoAmI },
      transport: app,
      headers: async () => ({ authorization: `Bearer ${await tokenFor("catalog")}` }),
    });
    assert.equal((await catalog.WhoAmI({})).sourceService, "orders");
  });

  it("refuses options that are wrong, without a word of the key", async () => {
    const pem = await exportPKCS8(orders.privateKey);
    const wrong: readonly [Partial<ServiceTokenSourceOptions>, RegExp][] = [
      [{ issuer: "or ders" }, /`issuer`/],
      [{ keyId: "credits" }, /Expected `keyId` to be "orders", or to start with "orders\/", got "credits"/],
      [
        { privateKey: "hunter2-hunter2" },
        /^Expected `privateKey` to be a private key, as PKCS #8 in PEM or as a JWK$/,
      ],
      [{ privateKey: '{"kty":"EC","hunter2":1}' }, /^Expected `privateKey` to be a private key/],
      [{ lifetimeSeconds: 3600 }, /`lifetimeSeconds` to be a number from 10 to 300, got 3600/],
      [{ algorithm: "HS256" as "ES256" }, /`algorithm`/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(
        () => createServiceTokenSource({ issuer: "orders", keyId: "orders/2", privateKey: pem, ...options }),
        { message },
      );
    }
    const other = createServiceTokenSource({ issuer: "orders", privateKey: pem, algorithm: "EdDSA" });
    await assert.rejects(other("catalog"), {
      name: "TypeError",
      message: "Expected `privateKey` to be a key of EdDSA",
    });
  });
});
