import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { createOpsApp, localOnly, type Operator, type OpsOptions } from "@glam/shared/ops";
import { Hono } from "hono";
import { recordingLogger } from "../_support/recording_logger.ts";
import { ADA, bury, fleetBus, mountOps } from "./_support.ts";

const bus = await fleetBus();
const { logger } = recordingLogger();

const GET_PATHS = [
  "/ops",
  "/ops/",
  "/ops/fleet",
  "/ops/dead-letters",
  "/ops/dead-letters/1",
  "/ops/dead-letters/1/raw",
  "/ops/dead-letters/redrive?subject=evt.>",
  "/ops/streams",
  "/ops/outbox",
];
const POST_PATHS = ["/ops/dead-letters/redrive", "/ops/dead-letters/purge", "/ops/outbox/retry"];

describe("createOpsApp", () => {
  it("refuses to be made without `authorize`, `bus` or `logger`, or with a malformed rule", () => {
    const full: OpsOptions = { authorize: () => false, bus, logger };
    for (const name of ["authorize", "bus", "logger"]) {
      assert.throws(
        () => createOpsApp({ ...full, [name]: undefined }),
        new RegExp(`TypeError: Expected \`${name}\``),
      );
    }
    assert.throws(() => createOpsApp({ ...full, redact: ["!"] }), TypeError);
  });

  it("is not there for who may not: the same bytes as of a path that does not exist", async () => {
    const withoutIds = (text: string) => text.replace(/"(request_id|correlation_id|timestamp)":"[^"]*"/g, "");
    const refused: (Operator | false)[] = [
      false,
      { name: "x", can: [] },
      { name: "x", can: ["payloads", "redrive"] },
      { name: "", can: ["read"] },
      undefined as unknown as Operator,
    ];
    for (const operator of refused) {
      const ops = mountOps({ bus, authorize: () => operator });
      const nothing = await ops.get("/nothing");
      assert.equal(nothing.status, 404);
      for (const path of GET_PATHS) {
        const { status, text, response } = await ops.get(path);
        assert.equal(status, 404, path);
        assert.equal(withoutIds(text), withoutIds(nothing.text).replaceAll("/nothing", path), path);
        assert.equal(response.headers.get("content-security-policy"), null);
      }
      for (const path of POST_PATHS) assert.equal((await ops.post(path, {})).status, 404, path);
      assert.deepEqual(ops.audits(), []);
    }
  });

  it("is not there when `authorize` throws, and says so in the log", async () => {
    const { logger, entries } = recordingLogger();
    const ops = mountOps({ bus, logger, authorize: () => Promise.reject(new Error("no session store")) });
    assert.equal((await ops.get("/ops")).status, 404);
    assert.deepEqual(entries.map(({ level, message }) => [level, message]), [
      ["error", "Operator not authorized: `authorize` failed"],
    ]);
  });

  it("has nothing for a right that the operator lacks", async () => {
    await bury(bus);
    const ops = mountOps({ bus }, { name: "reader", can: ["read"] });
    for (const path of POST_PATHS) {
      assert.equal((await ops.post(path, { subject: "evt.>" })).status, 404, path);
    }
    for (const path of ["redrive?subject=evt.>", "purge?subject=evt.>", "1/raw"]) {
      assert.equal((await ops.get(`/ops/dead-letters/${path}`)).status, 404, path);
    }
    assert.deepEqual(ops.audits(), []);
    const list = await ops.get("/ops/dead-letters");
    assert.doesNotMatch(list.text, /Redrive these|Delete these/);
  });

  it("takes a change only from a page of its own origin, whatever its content type", async () => {
    const ops = mountOps({ bus });
    const refused: Record<string, string>[] = [
      {},
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "none" },
      { "Sec-Fetch-Site": "cross-site", Origin: "http://localhost" },
      { Origin: "null" },
      { Origin: "https://evil.example" },
      { Origin: "http://localhost:8081" },
      { Origin: "http://localhost.evil.example" },
      { Cookie: "session=1", Referer: "http://localhost/ops" },
      { "Content-Type": "application/json", Origin: "https://evil.example" },
      { "Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site" },
    ];
    for (const headers of refused) {
      for (const path of POST_PATHS) {
        assert.equal(
          (await ops.post(path, { subject: "evt.>" }, headers)).status,
          403,
          JSON.stringify(headers),
        );
      }
    }
    assert.deepEqual(ops.audits(), []);
    const taken: Record<string, string>[] = [
      { "Sec-Fetch-Site": "same-origin" },
      { Origin: "http://localhost" },
      { Origin: "https://shop.example", Host: "shop.example" }, // behind a proxy that ends TLS
    ];
    for (const headers of taken) {
      assert.equal(
        (await ops.post("/ops/dead-letters/purge", { subject: "evt.no.such" }, headers)).status,
        200,
      );
    }
  });

  it("takes JSON like a form, and nothing else", async () => {
    const ops = mountOps({ bus });
    const send = (type: string, body: string) =>
      ops.app.request("/ops/dead-letters/purge", {
        method: "POST",
        body,
        headers: { "Content-Type": type, "Sec-Fetch-Site": "same-origin" },
      });
    assert.equal((await send("application/json", `{"subject":"evt.no.such"}`)).status, 200);
    for (
      const [type, body] of [
        ["application/json", "[1"],
        ["application/json", "7"],
        ["text/plain", "subject=evt.no.such"],
        ["application/x-www-form-urlencoded", `subject=${"x".repeat(70_000)}`],
      ] as const
    ) {
      assert.equal((await send(type, body)).status, 422, type);
    }
  });

  it("changes nothing by GET, HEAD or another method", async () => {
    await bury(bus, { subject: "evt.kept.v1" });
    const before = (await bus.streamInfo("GLAM_DLQ"))!.messages;
    const ops = mountOps({ bus });
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH"]) {
      for (const path of POST_PATHS) {
        await ops.app.request(`${path}?subject=evt.kept.v1`, {
          method,
          headers: { "Sec-Fetch-Site": "same-origin" },
        });
      }
    }
    assert.equal((await bus.streamInfo("GLAM_DLQ"))!.messages, before);
  });

  it("sends a policy that runs no script and asks no other host, and lets no cache keep the page", async () => {
    const ops = mountOps({ bus });
    for (const path of ["/ops", "/ops/dead-letters", "/ops/streams", "/ops/outbox"]) {
      const { response, text } = await ops.get(path);
      const policy = response.headers.get("content-security-policy")!;
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      assert.equal(
        policy,
        `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      );
      assert.ok(text.includes(`<style nonce="${nonce}">`));
      assert.doesNotMatch(text, /<script|https?:\/\/|\son\w+=|style="/);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("referrer-policy"), "same-origin");
      assert.notEqual(
        nonce,
        /'nonce-([^']+)'/.exec((await ops.get(path)).response.headers.get("content-security-policy")!)![1],
      );
    }
  });

  it("links every page from the first, wherever it is mounted", async () => {
    const paths = ["", "dead-letters", "streams", "outbox", "dead-letters/1"];
    const bases = ["/", "/ops", "/a/b/ops", "/t/:tenant/ops"];
    for (const base of bases) {
      const app = new Hono();
      app.route(base, createOpsApp({ authorize: () => ADA, bus, logger }));
      const root = base.replace(":tenant", "acme").replace(/\/$/, "");
      for (const path of paths) {
        const url = `http://localhost${root}/${path}`;
        for (const at of path === "" && root !== "" ? [url, url.slice(0, -1)] : [url]) {
          const response = await app.request(at);
          const text = await response.text();
          const links = [...text.matchAll(/<a href="([^"#]*)"/g)].map(([, href]) =>
            new URL(href!, at).pathname
          );
          for (const section of ["dead-letters", "streams", "outbox", "fleet", "schedules", "trail"]) {
            assert.ok(links.includes(`${root}/${section}`), `${section} from ${at}: ${links.join(" ")}`);
          }
          const home = links.find((link) => link === `${root}/`);
          assert.equal((await app.request(home!)).status, 200, at);
        }
      }
    }
  });
});

describe("localOnly", () => {
  const request = async (
    env: string | undefined,
    url: string,
    headers: Record<string, string> = {},
    info?: object,
  ) => {
    const app = new Hono();
    app.route("/ops", createOpsApp({ authorize: localOnly(), bus, logger }));
    const former = process.env["APP_ENV"];
    if (env === undefined) delete process.env["APP_ENV"];
    else process.env["APP_ENV"] = env;
    try {
      return (await app.request(url, { headers }, info)).status;
    } finally {
      if (former === undefined) delete process.env["APP_ENV"];
      else process.env["APP_ENV"] = former;
    }
  };

  it("lets in who asks from this machine, in an explicit development environment", async () => {
    for (const env of ["dev", "development", "local", "test", "DEV"]) {
      for (const host of ["localhost", "localhost:8080", "127.0.0.1:80", "[::1]:8080", "127.1.2.3"]) {
        assert.equal(await request(env, `http://${host}/ops`), 200, `${env} ${host}`);
      }
    }
    for (const env of [undefined, "", "prod", "production", "staging", "developments"]) {
      assert.equal(await request(env, "http://localhost/ops"), 404, String(env));
    }
  });

  it("lets nobody in by another host's name, as after DNS rebinding", async () => {
    for (
      const host of [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "127.0.0.1@evil",
        "",
      ]
    ) {
      assert.equal(await request("dev", "http://localhost/ops", { Host: host }), 404, host);
    }
    assert.equal(await request("dev", "http://rebound.example:8080/ops"), 404);
  });

  it("lets nobody in through a proxy, or from another machine", async () => {
    for (
      const name of [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
      ]
    ) {
      assert.equal(await request("dev", "http://localhost/ops", { [name]: "127.0.0.1" }), 404, name);
    }
    const peers = [["127.0.0.1", 200], ["::1", 200], ["::ffff:127.0.0.1", 200], ["192.168.1.7", 404], [
      "::ffff:10.0.0.1",
      404,
    ]] as const;
    for (const [hostname, status] of peers) {
      assert.equal(
        await request("dev", "http://localhost/ops", {}, { remoteAddr: { hostname } }),
        status,
        hostname,
      );
      assert.equal(
        await request("dev", "http://localhost/ops", {}, {
          incoming: { socket: { remoteAddress: hostname } },
        }),
        status,
      );
    }
  });
});
