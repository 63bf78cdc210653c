import assert from "node:assert/strict";
import { it } from "node:test";
import type { LogFields, LoggerLike } from "@glam/shared/logging";
import { connectNats, ensureStreams } from "@glam/shared/messaging";
import { startNatsCluster } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

it("a stream with one replica in a cluster is a warning, and one with three is not", async () => {
  await using cluster = await startNatsCluster();
  const single = new Set<unknown>();
  const ignore = () => {};
  const logger: LoggerLike = {
    debug: ignore,
    info: ignore,
    warn: (message: string, fields: LogFields = {}) => {
      if (message === "A stream in a cluster has one replica, and is lost with its node") {
        single.add(fields["stream"]);
      }
    },
    error: ignore,
    critical: ignore,
  };
  await using bus = await connectNats({
    servers: cluster.urls,
    logger,
    streams: { events: { replicas: 3 } },
  });
  // The servers may not know each other well enough yet.
  await waitFor(
    () => ensureStreams(bus, { again: true }).then(() => true, () => false),
    "the streams are there",
  );
  assert.deepEqual([...single], ["GLAM_DLQ"]);
  assert.equal((await bus.streamInfo("GLAM_EVENTS"))?.config.replicas, 3);
});
