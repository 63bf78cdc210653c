import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { natsConfig } from "@glam/shared/config";
import { connectNats, type NatsOptions } from "@glam/shared/messaging";
import { MessageBusError } from "@glam/shared/errors";
import { nkeys } from "@nats-io/nats-core";
import { credsOf, operatorConfig } from "../../_support/nats_jwt.ts";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";

/** Connects, stores a message, and closes. */
async function roundTrip(options: NatsOptions): Promise<void> {
  await using bus = await connectNats(options);
  assert.equal(bus.connected, true);
  await bus.ensureStream({ name: "TRIP", subjects: ["trip.>"] });
  const { stream } = await bus.publish({ subject: "trip.a", data: "1" });
  assert.equal(stream, "TRIP");
}

function isRefused(error: unknown): boolean {
  assert.ok(error instanceof MessageBusError, String(error));
  assert.equal(error.kind, "refused", error.message);
  assert.equal(error.retryable, false);
  return true;
}

describe("connectNats", () => {
  let server: NatsServer;
  before(async () => server = await startNats());
  after(() => server.stop());

  it("connects with a user and a password", () => roundTrip({ servers: server.url, ...server.account() }));

  it("takes a password from a secret, and what natsConfig gives", async () => {
    const { user, pass } = server.account();
    await roundTrip({ servers: server.url, user, pass: { reveal: () => pass } });
    await roundTrip(natsConfig.parse({ servers: [server.url], user, password: pass }));
  });

  it("takes servers, user and password from the environment", async () => {
    const { user, pass } = server.account();
    const names = ["NATS_SERVERS", "NATS_USER", "NATS_PASSWORD"];
    const saved = names.map((name) => process.env[name]);
    try {
      Object.assign(process.env, {
        NATS_SERVERS: `${server.url}, ${server.url}`,
        NATS_USER: user,
        NATS_PASSWORD: pass,
      });
      await roundTrip({});
    } finally {
      names.forEach((name, i) => {
        if (saved[i] === undefined) delete process.env[name];
        else process.env[name] = saved[i];
      });
    }
  });

  it("connects over a WebSocket", () => roundTrip({ servers: server.webSocketUrl, ...server.account() }));

  it("rejects wrong credentials as refused, at once", async () => {
    const { user } = server.account();
    await assert.rejects(connectNats({ servers: server.url, user, pass: "wrong" }), isRefused);
    await assert.rejects(connectNats({ servers: server.url }), isRefused);
    await assert.rejects(connectNats({ servers: server.webSocketUrl, user, pass: "wrong" }), isRefused);
    const waiting = connectNats({ servers: server.url, user, pass: "wrong", waitForServer: true });
    await assert.rejects(waiting, isRefused);
  });

  it("rejects when nobody listens, and says where without the password", async () => {
    await assert.rejects(connectNats({ servers: "nats://ada:s3cret@127.0.0.1:1" }), (error) => {
      assert.ok(error instanceof MessageBusError);
      assert.deepEqual([error.kind, error.retryable], ["unavailable", true]);
      assert.match(error.message, /127\.0\.0\.1:1/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });

  it("takes the first server that answers", () =>
    roundTrip({ servers: ["nats://127.0.0.1:1", server.url], ...server.account() }));

  it("refuses another transport while a connection is open, and takes it afterwards", async () => {
    const account = server.account();
    {
      await using _bus = await connectNats({ servers: server.url, ...account });
      await using _second = await connectNats({ servers: server.url, ...account });
      await assert.rejects(connectNats({ servers: server.webSocketUrl, ...account }), (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /a connection by tcp is open in this process/);
        return true;
      });
    }
    await roundTrip({ servers: server.webSocketUrl, ...account });
    await roundTrip({ servers: server.url, ...account });
  });

  for (
    const [what, options] of [
      ["two kinds of credentials", { token: "a", user: "b" }],
      ["no server", { servers: [] }],
      ["TCP to a WebSocket", { servers: "ws://127.0.0.1:1", transport: "tcp" }],
      ["certificates for a WebSocket", { servers: "wss://127.0.0.1:1", tls: { ca: "" } }],
      ["a domain of two tokens", { domain: "a.b" }],
    ] as [string, NatsOptions][]
  ) {
    it(`refuses ${what}`, () => assert.rejects(connectNats(options), TypeError));
  }

  it("refuses durations that are none", async () => {
    for (const name of ["connectTimeoutMs", "apiTimeoutMs", "reconnectDelayMs"]) {
      for (const ms of [-1, NaN]) await assert.rejects(connectNats({ [name]: ms }), RangeError);
    }
  });

  it("gives a request to JetStream as much time as it is told", async () => {
    await using own = await startNats();
    await using bus = await connectNats({ servers: own.url, apiTimeoutMs: 1, ...own.account() });
    await own.pause();
    await assert.rejects(bus.streamInfo("A"), (error) => {
      assert.ok(error instanceof MessageBusError);
      assert.deepEqual([error.kind, error.retryable], ["timeout", true]);
      return true;
    });
    await own.resume();
  });

  it("refuses what the server's version lacks before it sends anything", async () => {
    await using bus = await connectNats({ servers: server.url, ...server.account() });
    const unsupported = (error: unknown) => error instanceof MessageBusError && error.kind === "unsupported";
    if (!/Version: +2\.9\./.test(await server.logs())) return; // a newer server has them
    const stream = { name: "NEW", subjects: ["new.>"] };
    await assert.rejects(bus.ensureStream({ ...stream, compression: "s2" }), unsupported);
    await assert.rejects(bus.ensureStream({ ...stream, allowMessageTtl: true }), unsupported);
    assert.equal(await bus.streamInfo("NEW"), undefined);
    await bus.ensureStream(stream);
    await assert.rejects(bus.publish({ subject: "new.a", data: "1", ttlMs: 5000 }), unsupported);
    assert.equal((await bus.streamInfo("NEW"))?.messages, 0);
    for (const name of ["Nats-TTL", "Nats-Schedule", "Nats-Batch-Id"]) {
      await assert.rejects(bus.publish({ subject: "new.a", data: "1", headers: [[name, "1"]] }), TypeError);
    }
  });

  it("rejects more headers than a stream stores as too_large", async () => {
    await using bus = await connectNats({ servers: server.url, ...server.account() });
    await bus.ensureStream({ name: "HEADERS", subjects: ["headers.>"] });
    const fits = 65_535 - "NATS/1.0\r\nX-Own: \r\n\r\n".length;
    const publish = (length: number) =>
      bus.publish({ subject: "headers.a", data: "", headers: [["X-Own", "x".repeat(length)]] });
    assert.equal((await publish(fits)).seq, 1);
    await assert.rejects(publish(fits + 1), (error) => {
      assert.ok(error instanceof MessageBusError);
      assert.deepEqual([error.kind, error.retryable], ["too_large", false]);
      return true;
    });
  });

  it("rejects replicas that a single server cannot keep", async () => {
    await using bus = await connectNats({ servers: server.url, ...server.account() });
    await assert.rejects(
      bus.ensureStream({ name: "THREE", subjects: ["three.>"], replicas: 3 }),
      MessageBusError,
    );
  });

  it("closes while the server hangs", async () => {
    await using own = await startNats();
    const bus = await connectNats({ servers: own.url, ...own.account() });
    await own.pause();
    await bus.close();
    await own.resume();
    assert.equal(bus.connected, false);
  });
});

describe("connectNats with credentials", () => {
  it("connects with a token", async () => {
    await using server = await startNats({ config: 'authorization { token: "s3cret" }' });
    await roundTrip({ servers: server.url, token: "s3cret" });
    await assert.rejects(connectNats({ servers: server.url, token: "wrong" }), isRefused);
  });

  it("rejects what the credentials do not permit as refused, and not after a timeout", async () => {
    await using server = await startNats({
      config: `authorization { users: [
        { user: all, password: p },
        { user: some, password: p, permissions: { publish: ["trip.allowed", "$JS.>"], subscribe: ">" } },
      ] }`,
    });
    await roundTrip({ servers: server.url, user: "all", pass: "p" });
    await using bus = await connectNats({ servers: server.url, user: "some", pass: "p" });
    assert.equal((await bus.publish({ subject: "trip.allowed", data: "1" })).stream, "TRIP");
    const forbidden = bus.publish({ subject: "trip.forbidden", data: "1" }, { timeoutMs: 86_400_000 });
    await assert.rejects(forbidden, isRefused);
  });

  it("connects with an NKey", async () => {
    const key = nkeys.createUser();
    const seed = new TextDecoder().decode(key.getSeed());
    await using server = await startNats({
      config: `authorization { users: [{ nkey: ${key.getPublicKey()} }] }`,
    });
    await roundTrip({ servers: server.url, nkey: seed });
    const other = new TextDecoder().decode(nkeys.createUser().getSeed());
    await assert.rejects(connectNats({ servers: server.url, nkey: other }), isRefused);
    for (const wrong of ["", "SU" + "A".repeat(56), seed.slice(0, -1), key.getPublicKey()]) {
      await assert.rejects(connectNats({ servers: server.url, nkey: wrong }), (error: Error) => {
        assert.ok(wrong === "" || !error.message.includes(wrong));
        return isRefused(error);
      });
    }
  });

  it("connects with the JWT of a .creds file", async () => {
    const operator = operatorConfig();
    await using server = await startNats({ config: operator.config });
    await roundTrip({ servers: server.url, creds: credsOf(operator) });
    await assert.rejects(connectNats({ servers: server.url, creds: credsOf(operatorConfig()) }), isRefused);
    const creds = credsOf(operator);
    for (
      const wrong of ["", "no creds", creds.slice(0, creds.length / 2), creds.replace(/\nSU.*\n/, "\nSUA\n")]
    ) {
      await assert.rejects(connectNats({ servers: server.url, creds: wrong }), isRefused);
    }
  });
});

describe("connectNats with TLS", () => {
  let server: NatsServer;
  before(async () => server = await startNats({ tls: true }));
  after(() => server.stop());

  it("connects to a server whose authority it trusts", async () => {
    const { ca } = server.certificates!;
    await roundTrip({ servers: server.url, tls: { ca }, ...server.account() });
  });

  it("rejects certificates that do not fit as refused, at once, also where it waits for the server", async () => {
    const { ca } = server.certificates!;
    const wrong: NatsOptions["tls"][] = [
      true,
      { ca: "no certificate" },
      { ca: ca.replace(/\n.{10}/, `\n${"A".repeat(10)}`) },
      { caFile: "/nowhere/ca.pem" },
      { ca, certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" },
    ];
    for (const tls of wrong) {
      for (const waitForServer of [false, true]) {
        const connecting = connectNats({ servers: server.url, tls, waitForServer, ...server.account() });
        await assert.rejects(connecting, isRefused, JSON.stringify(tls));
      }
    }
  });
});
