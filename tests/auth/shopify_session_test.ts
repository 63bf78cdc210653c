import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shopifySession } from "@glam/shared/auth";
import { SignJWT } from "jose";
import { ask, createApp, createSigner, encode, ownDate, reasons, seconds } from "./_support.ts";

const API_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const SECRET = "shpss_0123456789abcdef0123456789abcdef";

/**
 * Signed by OpenSSL, with the claims as Shopify documents them and a time of 2026-01-01T00:00:00Z:
 *
 *     printf %s "$HEADER.$CLAIMS" | openssl dgst -sha256 -hmac "$SECRET" -binary | basenc --base64url | tr -d =
 */
const BY_OPENSSL = [
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FjbWUubXlzaG9waWZ5LmNvbS9hZG1",
  "pbiIsImRlc3QiOiJodHRwczovL2FjbWUubXlzaG9waWZ5LmNvbSIsImF1ZCI6IjBmMWUyZDNjNGI1YTY5Nzg4Nzk",
  "2YTViNGMzZDJlMWYwIiwic3ViIjoiNDIiLCJleHAiOjE3NjcyMjU2NjAsIm5iZiI6MTc2NzIyNTYwMCwiaWF0Ijo",
  "xNzY3MjI1NjAwLCJqdGkiOiJmODkxMjEyOS0xYWY2LTRjYWQtOWNhMy03NmIwZjc2MjEwODciLCJzaWQiOiJhYWV",
  "hMTgyZjI3MzJkNDRjMjMwNTdjMGZlYTU4NDAyMWE0NDg1YjJiZDI1ZDNlYjdmZDM0OTMxM2FkMjRjNjg1Iiwic2l",
  "nIjoieCJ9.oNucdeiS1JiNgJh8csWknHz2PMzgy4Mxks6x8j32gvM",
].join("");
const AT = Date.UTC(2026, 0, 1);

const create = (apiSecret: string | readonly string[] = SECRET) =>
  createApp([shopifySession({ apiKey: API_KEY, apiSecret, scopes: ["items:read"] })]);

const good = () => ({
  iss: "https://acme.myshopify.com/admin",
  dest: "https://acme.myshopify.com",
  aud: API_KEY,
  sub: "42",
  exp: seconds(60),
  nbf: seconds(),
  iat: seconds(),
  jti: "f8912129-1af6-4cad-9ca3-76b0f7621087",
  sid: "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
});
const sign = (claims: object = {}, secret = SECRET, alg = "HS256") =>
  new SignJWT({ ...good(), ...claims }).setProtectedHeader({ alg, typ: "JWT" })
    .sign(new TextEncoder().encode(secret));

describe("a session token of Shopify", () => {
  it("that OpenSSL signed says which shop and which of its users", async () => {
    using _clock = ownDate(AT);
    const { body, status } = await ask(create().app, BY_OPENSSL);
    assert.equal(status, 200);
    assert.deepEqual(body.data, {
      kind: "shopify",
      subject: "42",
      scopes: ["items:read"],
      merchantDomain: "acme.myshopify.com",
      userId: "42",
    });
  });

  it("is taken with either secret while it is rotated", async () => {
    const { app } = create(["shpss_new", SECRET]);
    assert.equal((await ask(app, await sign())).status, 200);
    assert.equal((await ask(app, await sign({}, "shpss_new"))).status, 200);
    assert.equal((await ask(app, await sign({}, "shpss_older"))).status, 401);
  });

  const shop = (host: string) => ({ iss: `https://${host}/admin`, dest: `https://${host}` });
  const refused: readonly [string, () => Promise<string> | string, RegExp][] = [
    ["another secret", () => sign({}, "shpss_ffffffffffffffffffffffffffffffff"), /signature/],
    ["HS512", () => sign({}, SECRET.repeat(2), "HS512"), /algorithm/],
    ["alg none", () => `${encode({ alg: "none" })}.${encode(good())}.`, /algorithm/],
    ["ES256", async () => await (await createSigner("k")).sign(good()), /algorithm/],
    ["another app", () => sign({ aud: "another" }), /`aud`/],
    ["another shop in `dest`", () => sign({ dest: "https://evil.myshopify.com" }), /same shop/],
    ["a `dest` that is no shop", () => sign({ dest: "https://evil.com" }), /same shop/],
    ["no `dest`", () => sign({ dest: undefined }), /same shop/],
    ["a `dest` with a user", () => sign({ dest: "https://a@acme.myshopify.com" }), /same shop/],
    ["a shop that is none", () => sign(shop("evil.com")), /No strategy/],
    ["a shop of another domain", () => sign(shop("acme.myshopify.com.evil.com")), /No strategy/],
    ["a shop below a shop", () => sign(shop("a.b.myshopify.com")), /No strategy/],
    ["a shop that begins with a hyphen", () => sign(shop("-a.myshopify.com")), /No strategy/],
    ["expired", () => sign({ exp: seconds(-11) }), /expired/],
    ["valid for longer than a minute", () => sign({ exp: seconds(75) }), /60 seconds/],
    ["not valid yet", () => sign({ nbf: seconds(15) }), /`nbf`/],
  ];
  for (const [name, make, reason] of refused) {
    it(`is refused: ${name}`, async () => {
      const { app, entries } = create();
      assert.equal((await ask(app, await make())).status, 401);
      assert.match(String(reasons(entries)[0]), reason);
    });
  }
});
