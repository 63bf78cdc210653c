import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import { clientIp, glamMiddleware, type GlamOptions } from "@glam/shared/api";
import * as fc from "fast-check";
import { Hono } from "hono";
import { serveApp } from "../_support/served_app.ts";
import { createApp, read, recordingLogger, send } from "./_support.ts";

type TrustProxy = GlamOptions["trustProxy"];

/** What the servers of the runtimes hand to `app.fetch`. */
const ENV = {
  deno: (address: string) => ({ remoteAddr: { transport: "tcp", hostname: address, port: 4711 } }),
  node: (address: string) => ({ incoming: { socket: { remoteAddress: address } }, outgoing: {} }),
  bun: (address: string) => ({ requestIP: () => ({ address, family: "IPv4", port: 4711 }) }),
  "hono/bun": (address: string) => ({ server: { requestIP: () => ({ address }) } }),
};

async function ipOf(
  trustProxy: TrustProxy,
  peer: string | undefined,
  forwardedFor?: string,
): Promise<string> {
  const { app } = createApp({ trustProxy });
  app.get("/", (c) => c.text(clientIp(c) ?? "none"));
  const init = forwardedFor === undefined ? {} : { headers: { "X-Forwarded-For": forwardedFor } };
  return (await send(app, "/", init, peer === undefined ? undefined : ENV.deno(peer))).text;
}

describe("clientIp", () => {
  for (const [runtime, env] of Object.entries(ENV)) {
    it(`is the peer's address as ${runtime} tells it`, async () => {
      const { app } = createApp();
      app.get("/", (c) => c.text(clientIp(c) ?? "none"));
      const headers = { "X-Forwarded-For": "1.1.1.1", "X-Real-IP": "1.1.1.1", Forwarded: "for=1.1.1.1" };
      assert.equal((await send(app, "/", { headers }, env("203.0.113.9"))).text, "203.0.113.9");
      assert.equal((await send(app, "/", { headers }, env("2001:db8::1"))).text, "2001:db8::1");
      assert.equal((await send(app, "/", { headers }, env("::ffff:203.0.113.9"))).text, "203.0.113.9");
    });
  }

  it("is undefined where nobody tells the peer", async () => {
    for (
      const env of [undefined, {}, { remoteAddr: { path: "/run/socket" } }, { incoming: {} }, {
        requestIP: () => null,
      }]
    ) {
      const { app } = createApp();
      app.get("/", (c) => c.text(clientIp(c) ?? "none"));
      assert.equal((await send(app, "/", { headers: { "X-Forwarded-For": "1.1.1.1" } }, env)).text, "none");
    }
  });

  it("believes nobody without the middleware", async () => {
    const app = new Hono().get("/", (c) => c.text(clientIp(c) ?? "none"));
    const headers = { "X-Forwarded-For": "1.1.1.1" };
    assert.equal((await send(app, "/", { headers }, ENV.deno("203.0.113.9"))).text, "203.0.113.9");
  });

  it("is the address of a real connection", async () => {
    const app = new Hono();
    app.use(glamMiddleware({ logger: recordingLogger().logger, trustProxy: 1 }));
    app.get("/", (c) => c.text(clientIp(c) ?? "none"));
    await using server = await serveApp(app.fetch as never);
    assert.equal((await read(await fetch(server.url))).text, "127.0.0.1");
    const headers = { "X-Forwarded-For": "6.6.6.6, 198.51.100.7" };
    assert.equal((await read(await fetch(server.url, { headers }))).text, "198.51.100.7");
  });
});

describe("trustProxy", () => {
  const PROXY = "10.0.0.1";
  const CASES: readonly (readonly [trust: TrustProxy, forwardedFor: string | undefined, client: string])[] = [
    // nobody
    [false, "1.1.1.1", PROXY],
    [undefined, "1.1.1.1", PROXY],
    [0, "1.1.1.1", PROXY],
    [[], "1.1.1.1", PROXY],
    // hops
    [1, undefined, PROXY],
    [1, "", PROXY],
    [1, "203.0.113.9", "203.0.113.9"],
    [1, "6.6.6.6, 203.0.113.9", "203.0.113.9"],
    [1, "6.6.6.6,203.0.113.9", "203.0.113.9"],
    [2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
    [2, "203.0.113.9", "203.0.113.9"],
    [9, "203.0.113.9, 10.0.0.2", "203.0.113.9"],
    // networks
    [["10.0.0.0/8"], undefined, PROXY],
    [["10.0.0.0/8"], "203.0.113.9", "203.0.113.9"],
    [["10.0.0.0/8"], "6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"],
    [["10.0.0.0/8"], "10.9.9.9, 10.1.2.3", "10.9.9.9"],
    [["10.0.0.1"], "6.6.6.6, 203.0.113.9", "203.0.113.9"],
    [["10.0.0.1/32"], "6.6.6.6, 10.0.0.2", "10.0.0.2"],
    [["192.168.0.0/16"], "203.0.113.9", PROXY],
    [["192.168.0.0/16", "10.0.0.0/31"], "203.0.113.9", "203.0.113.9"],
    [["0.0.0.0/0"], "6.6.6.6, 203.0.113.9", "6.6.6.6"],
    [["::/0"], "203.0.113.9", PROXY],
    [["2001:db8::/32", "10.0.0.1"], "203.0.113.9, 2001:db8:1::7", "203.0.113.9"],
    // notations
    [1, "203.0.113.9:4711", "203.0.113.9"],
    [1, "[2001:db8::1]:4711", "2001:db8::1"],
    [1, "[2001:db8::1]", "2001:db8::1"],
    [1, "2001:db8::1", "2001:db8::1"],
    [1, "fe80::1%eth0", "fe80::1"],
    [1, "::ffff:203.0.113.9", "203.0.113.9"],
    [1, "[::ffff:203.0.113.9]:80", "203.0.113.9"],
    [1, "  203.0.113.9  ", "203.0.113.9"],
    // garbage ends the chain
    [1, "unknown", PROXY],
    [1, "_hidden", PROXY],
    [2, "6.6.6.6, unknown", PROXY],
    [2, "6.6.6.6, , 203.0.113.9", "203.0.113.9"],
    [["10.0.0.0/8"], "6.6.6.6, garbage, 10.0.0.2", "10.0.0.2"],
    [1, "256.1.1.1", PROXY],
    [1, "1.2.3", PROXY],
    [1, "010.0.0.7", PROXY],
    [1, "1.2.3.4.5", PROXY],
    [1, ":::", PROXY],
    [1, "1:2:3:4:5:6:7:8:9", PROXY],
    [1, "12345::", PROXY],
    [1, "gggg::1", PROXY],
    [1, "1::2::3", PROXY],
    [1, "12:34", PROXY],
    [1, "<script>", PROXY],
    [1, "1.1.1.1;drop", PROXY],
    [1, "203.0.113.9:port", PROXY],
    [1, "9".repeat(10_000), PROXY],
    [1, "<b>'OR 1=1--]@[::1", PROXY],
    [1, "x]@[fd00::7", PROXY],
    [1, "[x]@[fd00::7]", PROXY],
    [1, "::1]@evil.com:[", PROXY],
    [1, "::1]@0x7f.1/:[", PROXY],
    [1, "::1]@a.b.c.d.e.f.1.2/:[", PROXY],
    [1, "::1]:80/[::2", PROXY],
    [1, "::1\t", "::1"],
    [1, "::1\\", PROXY],
    [1, "1.2.3.4%<b>", "1.2.3.4"],
    [["10.0.0.0/8", "fd00::/8"], "6.6.6.6, x]@[fd00::7", PROXY],
  ];
  for (const [trust, forwardedFor, client] of CASES) {
    it(`of ${JSON.stringify(trust)} takes ${client} from ${JSON.stringify(forwardedFor?.slice(0, 40))}`, async () => {
      assert.equal(await ipOf(trust, PROXY, forwardedFor), client);
    });
  }

  it("sees an IPv4 peer on a dual-stack socket as one of an IPv4 network", async () => {
    assert.equal(await ipOf(["10.0.0.0/8"], "::ffff:10.0.0.1", "203.0.113.9"), "203.0.113.9");
    assert.equal(await ipOf(["10.0.0.0/8"], "::ffff:a00:1", "203.0.113.9"), "203.0.113.9");
    assert.equal(await ipOf(["::ffff:10.0.0.0"], "10.0.0.0", "203.0.113.9"), "203.0.113.9");
  });

  it("gives nothing but an address, whatever the header holds", async () => {
    const { app } = createApp({ trustProxy: ["10.0.0.0/8", "::/0"] });
    app.get("/", (c) => c.text(clientIp(c) ?? "none"));
    const part = fc.constantFrom(
      ..."[]@:/.%,0123456789abcdefxX<> '?#\\&;-_",
      "::",
      "::1",
      "1.2.3.4",
      "fd00::",
    );
    const forwardedFor = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    await fc.assert(fc.asyncProperty(forwardedFor, async (text) => {
      const headers = { "X-Forwarded-For": text };
      const answer = await send(app, "/", { headers }, ENV.deno(PROXY));
      assert.equal(answer.status, 200);
      assert.notEqual(isIP(answer.text), 0, answer.text);
    }));
  });

  it("refuses a network that is not one", () => {
    for (
      const network of ["", "10.0.0.0/33", "fd00::/129", "x]@[fd00::/8", "::1]@[fd00::7", "10.0.0.0/8/8"]
    ) {
      assert.throws(() => createApp({ trustProxy: [network] }), TypeError);
    }
  });

  it("joins several X-Forwarded-For headers", async () => {
    const { app } = createApp({ trustProxy: 2 });
    app.get("/", (c) => c.text(clientIp(c) ?? "none"));
    const headers: [string, string][] = [["X-Forwarded-For", "6.6.6.6, 203.0.113.9"], [
      "X-Forwarded-For",
      "10.0.0.2",
    ]];
    assert.equal((await send(app, "/", { headers }, ENV.deno(PROXY))).text, "203.0.113.9");
  });

  it("takes no long time for a long header", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8 & 255}.${i & 255}`).join(",");
    assert.equal(await ipOf(["10.0.0.0/8"], PROXY, many), "10.0.0.0");
    assert.equal(await ipOf(1, PROXY, many), "10.0.19.135");
  });
});
