import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { jwt, serviceToken } from "@glam/shared/auth";
import { exportSPKI, importJWK, SignJWT } from "jose";
import {
  ask,
  createApp,
  createSigner,
  encode,
  ISSUER,
  ownDate,
  reasons,
  seconds,
  send,
  type Signer,
} from "./_support.ts";

let signer: Signer;
let foreign: Signer;
before(async () => {
  signer = await createSigner("k1");
  foreign = await createSigner("k1");
});

const create = () =>
  createApp([
    jwt({ issuer: ISSUER, audience: "catalog", jwks: { keys: [signer.jwk] } }),
    serviceToken({ audience: "catalog", keys: { keys: [signer.jwk] }, callers: ["orders"] }),
  ]);

async function hmacWithPublicKey(): Promise<string> {
  const publicKey = await importJWK(signer.jwk, "ES256", { extractable: true }) as CryptoKey;
  const secret = new TextEncoder().encode(await exportSPKI(publicKey));
  return await new SignJWT({ iss: ISSUER, aud: "catalog", sub: "maria", exp: seconds(60) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT", kid: "k1" }).sign(secret);
}

function unsigned(alg: string): string {
  const claims = { iss: ISSUER, aud: "catalog", sub: "maria", exp: seconds(60) };
  return `${encode({ alg, typ: "JWT", kid: "k1" })}.${encode(claims)}.`;
}

/** Flips a bit of the signature, of the middle, as the last character has bits that do not count. */
function spoilt(token: string): string {
  const at = token.lastIndexOf(".") + 10;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

/** What is refused as a wrong token: what the request has, and what the log says of it. */
const REFUSED: Readonly<Record<string, readonly [() => Promise<string> | string, RegExp]>> = {
  "a bad signature": [async () => spoilt(await signer.sign()), /signature/],
  "a foreign key of the same name": [() => foreign.sign(), /signature/],
  "other claims under a good signature": [async () => {
    const [head, , signature] = (await signer.sign()).split(".");
    return `${head}.${encode({ iss: ISSUER, aud: "catalog", sub: "root", exp: seconds(60) })}.${signature}`;
  }, /signature/],
  "alg none": [() => unsigned("none"), /algorithm/],
  "alg None in another case": [() => unsigned("nOnE"), /algorithm/],
  "HS256 with the public key as the secret": [hmacWithPublicKey, /algorithm/],
  "a token that has expired": [() => signer.sign({ exp: seconds(-11) }), /expired/],
  "no exp": [() => signer.sign({ exp: undefined }), /`exp` of the token is missing/],
  "an exp that is a text": [() => signer.sign({ exp: "never" }), /`exp`/],
  "no sub": [() => signer.sign({ sub: undefined }), /`sub` of the token is missing/],
  "a sub that is an object": [() => signer.sign({ sub: { id: 1 } }), /`sub`/],
  "nbf beyond the tolerance": [() => signer.sign({ nbf: seconds(15) }), /`nbf`/],
  "another iss": [() => signer.sign({ iss: "https://id.glam.test" }), /No strategy/],
  "no iss": [() => signer.sign({ iss: undefined }), /No strategy/],
  "another aud": [() => signer.sign({ aud: "orders" }), /`aud` of the token is not right/],
  "no aud": [() => signer.sign({ aud: undefined }), /`aud` of the token is missing/],
  "an unknown kid": [() => signer.sign({}, { kid: "k2" }), /kid/],
  "another typ": [() => signer.sign({}, { typ: "logout+jwt" }), /No strategy/],
  "a critical header": [async () => {
    const [, claims, signature] = (await signer.sign()).split(".");
    return `${encode({ alg: "ES256", kid: "k1", crit: ["exp"], exp: 1 })}.${claims}.${signature}`;
  }, /critical|malformed/],
  "a tenant that is an object": [() => signer.sign({ merchant_id: { $ne: "" } }), /`merchantId`/],
  "a tenant with a line break": [() => signer.sign({ merchant_id: "m1\nm2" }), /`merchantId`/],
  "a token over 8 KiB": [() => signer.sign({ more: "x".repeat(8192) }), /longer than 8192/],
  "a token that is none": [() => "abc", /not a JWT/],
  "a token of two parts": [() => "e30.e30", /not a JWT/],
  "a token of five parts": [() => "e30.e30.e30.e30.e30", /not a JWT/],
  "a header that is not JSON": [() => `${encode("{")}.${encode({ iss: ISSUER })}.abc`, /not a JWT/],
  "claims that are a list": [() => `${encode({ alg: "ES256" })}.${encode([ISSUER])}.abc`, /not a JWT/],
  "a user's token with the typ of a service's": [() => signer.sign({}, { typ: "service+jwt" }), /`callers`/],
};

describe("a wrong token", () => {
  for (const [name, [make, reason]] of Object.entries(REFUSED)) {
    it(`is refused: ${name}`, async () => {
      const { app, entries } = create();
      const token = await make();
      const { status, headers, body, text } = await ask(app, token);
      assert.equal(status, 401, text);
      assert.equal(headers.get("www-authenticate"), 'Bearer error="invalid_token"');
      assert.deepEqual(body.error, { code: "UNAUTHORIZED", message: "Authentication required" });
      assert.equal(reasons(entries).length, 1);
      assert.match(String(reasons(entries)[0]), reason);
      const logged = JSON.stringify(entries);
      for (const part of token.split(".")) assert.ok(part.length < 8 || !logged.includes(part));
    });
  }

  const headers: Readonly<Record<string, (token: string) => [string, string][]>> = {
    "two Authorization headers": (
      token,
    ) => [["Authorization", `Bearer ${token}`], ["Authorization", `Bearer ${token}`]],
    "another scheme": (token) => [["Authorization", `Basic ${token}`]],
    "no scheme": (token) => [["Authorization", token]],
    "no token": () => [["Authorization", "Bearer "]],
    "an empty header": () => [["Authorization", ""]],
    "something after the token": (token) => [["Authorization", `Bearer ${token} x`]],
  };
  for (const [name, make] of Object.entries(headers)) {
    it(`is refused: ${name}`, async () => {
      const { app, entries } = create();
      const answer = await send(app, "/me", { headers: new Headers(make(await signer.sign())) });
      assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [
        401,
        'Bearer error="invalid_token"',
      ]);
      assert.match(String(reasons(entries)[0]), /not one bearer token/);
    });
  }

  it("is never in the body: all 401 are the same bytes", async () => {
    using _clock = ownDate();
    const { app } = create();
    const bodies = new Set<string>();
    const ids = { "X-Request-ID": "req_1", "X-Correlation-ID": "corr_1" };
    for (const [make] of Object.values(REFUSED)) {
      const { text } = await send(app, "/me", {
        headers: { ...ids, Authorization: `Bearer ${await make()}` },
      });
      bodies.add(text);
    }
    bodies.add((await send(app, "/me", { headers: ids })).text);
    bodies.add((await send(app, "/me", { headers: { ...ids, Authorization: "Basic x" } })).text);
    assert.equal(bodies.size, 1, [...bodies].join("\n"));
  });
});

describe("a request without a credential", () => {
  it("is answered 401 with the plain challenge", async () => {
    const { app, entries } = create();
    const { status, headers, body } = await ask(app, undefined);
    assert.equal(status, 401);
    assert.equal(headers.get("www-authenticate"), "Bearer");
    assert.deepEqual(body.error, { code: "UNAUTHORIZED", message: "Authentication required" });
    assert.deepEqual(reasons(entries), []);
  });

  it("passes where the contract says so, and a bad credential does not", async () => {
    const { app } = create();
    const bad = spoilt(await signer.sign());
    assert.equal((await ask(app, undefined, "/both")).body.data, "nobody");
    assert.equal((await ask(app, await signer.sign(), "/both")).body.data, "maria");
    assert.equal((await ask(app, bad, "/both")).status, 401);
    assert.equal((await ask(app, bad, "/open")).status, 200, "nobody looks at it");
  });
});

describe("a caller without a scope", () => {
  it("is answered 403 with all that are required", async () => {
    const { app } = create();
    const token = await signer.sign({ scope: "items:read other" });
    const { status, headers, body } = await ask(app, token, "/items", "POST");
    assert.equal(status, 403);
    const challenge = 'Bearer error="insufficient_scope", scope="items:read items:write"';
    assert.equal(headers.get("www-authenticate"), challenge);
    assert.deepEqual([body.error.code, body.error.details], [
      "FORBIDDEN",
      { required_scopes: ["items:read", "items:write"] },
    ]);
    const allowed = await signer.sign({ scope: "items:write items:read" });
    assert.equal((await ask(app, allowed, "/items", "POST")).status, 200);
    const list = await signer.sign({ scp: ["items:write", "items:read"] });
    assert.equal((await ask(app, list, "/items", "POST")).status, 200);
  });
});
