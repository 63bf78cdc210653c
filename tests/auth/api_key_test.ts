import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContextLike } from "@glam/shared/api";
import {
  apiKey,
  type ApiKeyOptions,
  type ApiKeyRecord,
  authenticate,
  createApiKey,
  jwt,
} from "@glam/shared/auth";
import { createApp, createSigner, ISSUER, type Json, ownDate, reasons, send } from "./_support.ts";

const { key, hash } = createApiKey("glam_test");
const record = { id: 7, hash, scopes: ["items:read"], merchant_id: "m1", note: "of the shop" };

function create(find: ApiKeyOptions["find"], options: Partial<ApiKeyOptions> = {}) {
  const asked: string[] = [];
  const strategy = apiKey({ find: (each) => (asked.push(each), find(each)), ...options });
  return { ...createApp([strategy]), asked };
}
const byHash = (row: ApiKeyRecord = record) => (each: string) => each === row.hash ? row : undefined;
const ask = (app: Json, value: string, header = "X-Api-Key") =>
  send(app, "/me", { headers: { [header]: value } });

describe("an API key", () => {
  it("is looked up by its SHA-256, and says who calls for whom", async () => {
    const { app, asked } = create(byHash());
    const { status, body } = await ask(app, key);
    assert.equal(status, 200);
    assert.deepEqual(body.data, { kind: "api_key", subject: "7", scopes: ["items:read"], merchantId: "m1" });
    assert.deepEqual(asked, [hash]);
    assert.match(hash, /^[0-9a-f]{64}$/);
  });

  const refused: Readonly<Record<string, readonly [ApiKeyOptions["find"], string, RegExp]>> = {
    "one that nobody knows": [() => null, key, /Nobody knows/],
    "an empty one": [byHash(), "", /Nobody knows/],
    "its own hash": [byHash(), hash, /Nobody knows/],
    "one for which the look-up gives another": [() => record, "glam_test_other", /another API key/],
    "one that has expired": [byHash({ ...record, expires_at: new Date(Date.now() - 1) }), key, /expired/],
    "one of more than 8 KiB": [byHash(), "x".repeat(8193), /longer than 8192/],
  };
  for (const [name, [find, value, reason]] of Object.entries(refused)) {
    it(`is refused: ${name}`, async () => {
      const { app, entries } = create(find);
      const { status, headers, body } = await ask(app, value);
      assert.deepEqual([status, body.error.code], [401, "UNAUTHORIZED"]);
      assert.equal(headers.get("www-authenticate"), 'ApiKey error="invalid_token"');
      assert.match(String(reasons(entries)[0]), reason);
      assert.ok(value === "" || !JSON.stringify(entries).includes(value));
    });
  }

  it("that is revoked is dead within a minute, and known until then", async () => {
    using clock = ownDate();
    let isRevoked = false;
    const { app, asked } = create((each) => isRevoked ? undefined : byHash()(each));
    assert.equal((await ask(app, key)).status, 200);
    isRevoked = true;
    clock.tick(59_999);
    assert.equal((await ask(app, key)).status, 200);
    assert.equal(asked.length, 1);
    clock.tick(1);
    assert.equal((await ask(app, key)).status, 401);
  });

  it("is one of 10,000 that are remembered at most, whatever comes", async () => {
    let asked = 0;
    const guard = authenticate([apiKey({ find: (each) => (asked++, { id: 1, hash: each }) })]);
    const identify = (i: number) => {
      const raw = new Request("http://localhost/", { headers: { "X-Api-Key": `key-${i}` } });
      return guard.identify({ req: { raw }, get() {}, set() {} } as unknown as ContextLike, false);
    };
    for (let i = 0; i <= 10_000; i++) await identify(i);
    assert.equal(asked, 10_001);
    await identify(10_000);
    await identify(1);
    assert.equal(asked, 10_001, "the newest are known");
    await identify(0);
    assert.equal(asked, 10_002, "the oldest has made room");
  });

  it("ends when it says so, and not when the memory of it does", async () => {
    using clock = ownDate();
    const { app } = create(byHash({ ...record, expires_at: new Date(Date.now() + 5000) }));
    assert.equal((await ask(app, key)).status, 200);
    clock.tick(5000);
    assert.equal((await ask(app, key)).status, 401);
  });

  it("may have a header of its own", async () => {
    const { app } = create(byHash(), { header: "X-Glam-Key" });
    assert.equal((await ask(app, key, "x-glam-key")).status, 200);
    assert.equal((await ask(app, key)).status, 401);
    assert.throws(() => apiKey({ find: byHash(), header: "Authorization" }), { name: "TypeError" });
  });

  it("beside a token is refused, as nobody says which of them counts", async () => {
    const signer = await createSigner("k1");
    const { app, entries } = createApp([
      jwt({ issuer: ISSUER, audience: "catalog", jwks: { keys: [signer.jwk] } }),
      apiKey({ find: byHash() }),
    ]);
    const Authorization = `Bearer ${await signer.sign()}`;
    assert.equal((await send(app, "/me", { headers: { Authorization } })).status, 200);
    assert.equal((await ask(app, key)).status, 200);
    const both = await send(app, "/me", { headers: { Authorization, "X-Api-Key": key } });
    assert.equal(both.status, 401);
    assert.deepEqual(reasons(entries), ["The request has more than one credential"]);
    assert.equal((await send(app, "/me", { headers: { Authorization: `Bearer ${key}` } })).status, 401);
  });

  it("fails as the look-up fails, and is not refused for that", async () => {
    const { app } = create(() => Promise.reject(new Error("no database")));
    assert.equal((await ask(app, key)).status, 500);
  });
});

it("keys are made of a prefix and 256 random bits", () => {
  assert.match(key, /^glam_test_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(createApiKey("a").key, createApiKey("a").key);
  assert.throws(() => createApiKey("a-b"), { name: "TypeError", message: /`prefix`.*got "a-b"/ });
});
