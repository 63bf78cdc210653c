import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exportJWK } from "jose";
import { type JwksServer, startJwksServer } from "../auth/_jwks_server.ts";
import { createSigner, ISSUER, type Signer } from "../auth/_support.ts";
import { bundleWorker, type RunningWorker, startWorker } from "../_support/workerd.ts";

describe("authentication on workerd", () => {
  let signer: Signer;
  let next: Signer;
  let issuer: JwksServer;
  let worker: RunningWorker;
  before(async () => {
    [signer, next] = await Promise.all([createSigner("k1"), createSigner("k2")]);
    const orders = await createSigner("orders");
    issuer = await startJwksServer([signer.jwk]);
    worker = await startWorker(await bundleWorker("auth"), "auth", {
      ISSUER,
      JWKS: issuer.url,
      SERVICE_KEYS: JSON.stringify({ keys: [orders.jwk] }),
      PRIVATE_KEY: JSON.stringify({ ...await exportJWK(orders.privateKey), kid: "orders" }),
    });
  });
  after(async () => {
    await (worker as RunningWorker | undefined)?.[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });

  const get = async (token: string) => {
    const response = await fetch(`${worker.url}/me`, { headers: { Authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.json() };
  };

  test("takes tokens from the first request on, for many at the same time", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => signer.sign({ sub: `user-${i}` })));
    const answers = await Promise.all(tokens.map(get));
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.data?.user]),
      tokens.map((_, i) => [200, `user-${i}`]),
      worker.logs(),
    );
  });

  test("takes a new key within one request, and refuses unknown ones without asking for each", async () => {
    issuer.keys = [signer.jwk, next.jwk];
    assert.equal((await get(await next.sign())).status, 200, worker.logs());
    const { asked } = issuer;
    for (let i = 0; i < 20; i++) assert.equal((await get(await next.sign({}, { kid: `x${i}` }))).status, 401);
    assert.equal(issuer.asked, asked);
    assert.equal((await get(await signer.sign({ aud: "orders" }))).status, 401);
  });

  test("signs and takes service tokens", async () => {
    const token = await (await fetch(`${worker.url}/token`)).text();
    const { status, body } = await get(token);
    assert.deepEqual([status, body.data], [200, { user: "", source: "orders" }], worker.logs());
  });

  test("lets a signed webhook through once", async () => {
    const post = async (body: string) => {
      const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
      const init = { method: "POST", headers: { "X-Hub-Signature-256": signature }, body };
      const response = await fetch(`${worker.url}/hook`, init);
      return [response.status, (await response.text()).slice(0, 7)];
    };
    assert.deepEqual(await post("Hello, World!"), [200, "handled"], worker.logs());
    assert.deepEqual(await post("Hello, World!"), [200, ""]);
    assert.equal((await post("Hello, World?"))[0], 401);
  });
});
