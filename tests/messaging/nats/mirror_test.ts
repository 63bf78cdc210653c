import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectNats, ensureStreams, type MessageBus } from "@glam/shared/messaging";
import { type NatsServer, startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

/** Creates a stream in a way that this package has no option for. */
async function createStream(bus: MessageBus, config: { readonly name: string } & Record<string, unknown>) {
  const reply = await bus.call(`$JS.API.STREAM.CREATE.${config.name}`, { data: JSON.stringify(config) });
  const { error } = JSON.parse(new TextDecoder().decode(reply.data));
  assert.equal(error, undefined);
}

describe("a stream that copies another one", () => {
  let server: NatsServer;
  before(async () => server = await startNats());
  after(() => server.stop());
  const connect = () => connectNats({ servers: server.url, ...server.account() });

  for (
    const [what, config, described] of [
      ["a mirror", { mirror: { name: "ORIGIN" } }, "it is a mirror of ORIGIN, which takes no subjects"],
      ["sources", { sources: [{ name: "ORIGIN" }] }, "it is a copy of ORIGIN, which takes no subjects"],
    ] as const
  ) {
    it(`is read and ensured as it is, with its origin among the differences: ${what}`, async () => {
      await using bus = await connect();
      await bus.ensureStream({ name: "ORIGIN", subjects: ["evt.>", "cmd.>"] });
      await createStream(bus, { name: "GLAM_EVENTS", storage: "file", ...config });
      await bus.publish({ subject: "evt.a.v1", data: "{}" });
      await waitFor(async () => (await bus.streamInfo("GLAM_EVENTS"))?.messages === 1, "it is copied");
      assert.deepEqual((await bus.streamInfo("GLAM_EVENTS"))?.config.subjects, []);
      const [events] = await ensureStreams(bus);
      assert.equal(events?.outcome, "unchanged");
      assert.deepEqual(events.drift, [
        "max_age is unlimited, expected 24h",
        "max_msgs is unlimited, expected 1000000",
        described,
      ]);
      const [repaired] = await ensureStreams(bus, { repair: true });
      assert.deepEqual([repaired?.outcome, repaired?.drift], ["updated", [described]]);
      const info = await bus.streamInfo("GLAM_EVENTS");
      assert.deepEqual([info?.config.subjects, info?.config.maxMessages, info?.messages], [[], 1_000_000, 1]);
      await bus.publish({ subject: "evt.a.v1", data: "{}" });
      await waitFor(async () => (await bus.streamInfo("GLAM_EVENTS"))?.messages === 2, "it is still copied");
    });
  }
});
