import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it, mock } from "node:test";
import { jwt, type KeySource } from "@glam/shared/auth";
import { byExtent } from "../_support/extent.ts";
import { type JwksServer, startJwksServer } from "./_jwks_server.ts";
import { type App, ask, createApp, createSigner, encode, ISSUER, seconds, type Signer } from "./_support.ts";

let old: Signer;
let next: Signer;
let server: JwksServer;
before(async () => {
  old = await createSigner("old");
  next = await createSigner("next");
  server = await startJwksServer([]);
});
after(async () => {
  mock.timers.reset();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  Object.assign(server, { keys: [old.jwk], status: 200, body: undefined, asked: 0 });
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
});

const create = (jwks: KeySource = server.url) =>
  createApp([jwt({ issuer: ISSUER, audience: "catalog", jwks })]);
const statusOf = async (app: App, token: string) =>
  (await app.request("/me", { headers: { Authorization: `Bearer ${token}` } })).status;
/** A token that costs nothing to make, with a key that nobody has. */
const withUnknownKey = (kid: string) =>
  `${encode({ alg: "ES256", kid })}.${
    encode({ iss: ISSUER, aud: "catalog", sub: "x", exp: seconds(3600) })
  }.AAAA`;
/** Each is another token, so that none is remembered. */
const fresh = (signer: Signer) => signer.sign({ jti: crypto.randomUUID(), exp: seconds(60) });

const TOKENS = byExtent({ whole: 10_000, short: 500 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("the keys of an issuer", () => {
  it("are loaded once, for requests at the same time, too", async () => {
    const { app } = create();
    assert.equal(server.asked, 0, "nothing is loaded before a token comes");
    const tokens = await Promise.all(Array.from({ length: 20 }, () => fresh(old)));
    const statuses = await Promise.all(tokens.map((token) => statusOf(app, token)));
    assert.deepEqual([...new Set(statuses)], [200]);
    assert.equal(server.asked, 1);
  });

  it("are loaded again for the first token of a new key", async () => {
    const { app } = create();
    assert.equal(await statusOf(app, await fresh(old)), 200);
    server.keys = [old.jwk, next.jwk];
    assert.equal(await statusOf(app, await fresh(next)), 200);
    assert.equal(await statusOf(app, await fresh(old)), 200);
    assert.equal(server.asked, 2);
    server.keys = [next.jwk];
    mock.timers.tick(10 * MINUTE + 1);
    assert.equal(await statusOf(app, await fresh(old)), 401, "a key that was taken away");
  });

  it("are loaded once in 30 seconds at most, however many tokens name unknown ones", async () => {
    const { app } = create();
    assert.equal(await statusOf(app, await fresh(old)), 200);
    for (let i = 0; i < TOKENS; i += 100) {
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, j) => statusOf(app, withUnknownKey(`random-${i + j}`))),
      );
      assert.deepEqual([...new Set(statuses)], [401]);
    }
    assert.equal(server.asked, 2);
    mock.timers.tick(30_001);
    assert.equal(await statusOf(app, withUnknownKey("one more")), 401);
    assert.equal(await statusOf(app, withUnknownKey("and one")), 401);
    assert.equal(server.asked, 3);
  });

  for (
    const [name, change] of Object.entries({
      "answers 500": { status: 500 },
      "breaks the connection": { status: 0 },
      "redirects elsewhere": { status: 302 },
      "sends something else": { body: "<html>" },
      "sends JSON that is no key set": { body: '{"keys":7}' },
      "sends more than a megabyte": { body: `{"keys":[],"more":"${"x".repeat(2 ** 20)}"}` },
    })
  ) {
    it(`that are not there at the start are a 503 that may be retried: the issuer ${name}`, async () => {
      const { app, entries } = create();
      Object.assign(server, change);
      const { status, headers, body } = await ask(app, await fresh(old));
      assert.equal(status, 503);
      assert.equal(body.error.code, "SERVICE_UNAVAILABLE");
      assert.equal(headers.get("retry-after"), "5");
      assert.equal(headers.get("www-authenticate"), null);
      const line = entries.find(({ level }) => level === "warn");
      assert.match(String(line?.fields["error"]), /Cannot load the keys of http:|JSON Web Key Set/);
      const { asked } = server;
      assert.ok(asked <= 4, `asked ${asked} times`); // once more where a connection breaks, as Deno itself does
      for (let i = 0; i < 50; i++) assert.equal(await statusOf(app, await fresh(old)), 503);
      assert.equal(server.asked, asked, "it is left in peace for a moment");
      Object.assign(server, { status: 200, body: undefined });
      mock.timers.tick(5000);
      assert.equal(await statusOf(app, await fresh(old)), 200);
    });
  }

  it("go on working for a day while the issuer is away, and unknown ones are a 503", async () => {
    const { app } = create();
    assert.equal(await statusOf(app, await fresh(old)), 200);
    server.status = 0;
    mock.timers.tick(23 * HOUR);
    assert.equal(await statusOf(app, await fresh(old)), 200);
    assert.equal(await statusOf(app, await fresh(next)), 503);
    const { asked } = server;
    for (let i = 0; i < 50; i++) {
      assert.equal(await statusOf(app, await fresh(old)), 200);
      assert.equal(await statusOf(app, withUnknownKey(`random-${i}`)), 503);
    }
    assert.equal(server.asked, asked);
    mock.timers.tick(HOUR + 1);
    assert.equal(await statusOf(app, await fresh(old)), 503, "after a day they are no longer used");
    server.status = 200;
    mock.timers.tick(5000);
    assert.equal(await statusOf(app, await fresh(old)), 200);
  });

  it("may come from a function", async () => {
    let calls = 0;
    const { app } = create(() => (calls++, Promise.resolve({ keys: [old.jwk] })));
    assert.equal(await statusOf(app, await fresh(old)), 200);
    assert.equal(await statusOf(app, await fresh(old)), 200);
    assert.equal(calls, 1);
  });

  it("that are several need a `kid` in the token", async () => {
    const { app } = create({ keys: [old.jwk, next.jwk] });
    assert.equal(await statusOf(app, await old.sign({}, { kid: undefined })), 401);
    assert.equal(
      await statusOf(create({ keys: [old.jwk] }).app, await old.sign({}, { kid: undefined })),
      200,
    );
  });

  it("are not taken over plain HTTP from another host, or from what is none", () => {
    for (const jwks of ["http://id.glam.com/jwks.json", "jwks.json", "ftp://id.glam.com/", { keys: 7 }]) {
      assert.throws(() => jwt({ issuer: ISSUER, audience: "catalog", jwks: jwks as KeySource }), {
        name: "TypeError",
        message: /Expected `jwks` to/,
      });
    }
  });
});
