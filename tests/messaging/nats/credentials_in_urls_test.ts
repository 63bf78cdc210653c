import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { createLogger } from "@glam/shared/logging";
import { connectNats } from "@glam/shared/messaging";
import { MessageBusError } from "@glam/shared/errors";
import { startNats } from "../../_support/nats_server.ts";

/** The error of a connection to these servers, and everything that an inspection or a log line shows of it. */
async function failure(servers: string | string[]): Promise<{ error: Error; shown: string }> {
  const lines: string[] = [];
  const log = createLogger("test", { format: "json", sink: (line) => void lines.push(line), file: false });
  const error = await connectNats({ servers, logger: log }).then(() => {
    throw new Error("connected");
  }, (error: Error) => error);
  log.error("Cannot start", { error });
  return { error, shown: [inspect(error, { depth: 10 }), String(error.stack), ...lines].join("\n") };
}

describe("connectNats with credentials in URLs", () => {
  for (
    const servers of [
      "nats://u:S3CRET@127.0.0.1:1",
      "u:S3CRET@127.0.0.1:1",
      "nats://S3CRET@127.0.0.1:1",
      "nats://u:a@S3CRET@127.0.0.1:1",
      "nats://u:a/S3CRET@127.0.0.1:1",
      "nats://u:a?S3CRET@127.0.0.1:1",
      "nats://u:a#S3CRET@127.0.0.1:1",
      "nats://u:1234/S3CRET@127.0.0.1:1",
      "nats://u:S3CRET%@127.0.0.1:1",
      "tls://u:S3CRET@127.0.0.1:1",
      "ws://u:S3CRET@127.0.0.1:1",
    ]
  ) {
    it(`does not show them when it cannot connect to ${servers}`, async () => {
      const { error, shown } = await failure(servers);
      assert.ok(error instanceof MessageBusError, String(error));
      assert.match(error.message, /127\.0\.0\.1:1\b/);
      assert.doesNotMatch(shown, /S3CRET/);
    });
  }

  for (
    const servers of [
      "nats://u:S3CRET@127.0.0.1:999999",
      "nats://u:S3CRET",
      "nats://127.0.0.1:1?token=S3CRET",
      "nats://127.0.0.1:1#S3CRET",
      "http://u:S3CRET@127.0.0.1:1",
      "nats://u:S3CRET@",
      ["nats://127.0.0.1:1", "nats://u:p,S3CRET@a b"],
    ]
  ) {
    it(`refuses ${servers} and does not repeat it`, async () => {
      const { error, shown } = await failure(servers);
      assert.ok(error instanceof TypeError, String(error));
      assert.match(error.message, /`servers\[\d\]`/);
      assert.doesNotMatch(shown, /S3CRET/);
    });
  }

  it("uses them, percent-decoded or as they are, unless an option gives others", async () => {
    await using server = await startNats({
      config: "authorization { users: [{ user: ada, password: 'p@ss/w?rd' }, { user: bob, password: b }] }",
    });
    const { port } = server;
    for (const userInfo of ["ada:p%40ss%2Fw%3Frd", "ada:p@ss/w?rd"]) {
      await using bus = await connectNats({ servers: `nats://${userInfo}@127.0.0.1:${port}` });
      assert.equal(bus.connected, true);
    }
    await using bus = await connectNats({
      servers: `nats://ada:wrong@127.0.0.1:${port}`,
      user: "bob",
      pass: "b",
    });
    assert.equal(bus.connected, true);
    await assert.rejects(connectNats({ servers: `nats://bob:S3CRET@127.0.0.1:${port}` }), (error: Error) => {
      assert.ok(error instanceof MessageBusError);
      assert.equal(error.kind, "refused");
      assert.doesNotMatch(inspect(error, { depth: 10 }), /S3CRET/);
      return true;
    });
  });

  it("takes a user without a password for a token", async () => {
    await using server = await startNats({ config: 'authorization { token: "t0ken" }' });
    await using bus = await connectNats({ servers: `nats://t0ken@127.0.0.1:${server.port}` });
    assert.equal(bus.connected, true);
  });
});
