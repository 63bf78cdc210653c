import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoggerLike } from "@glam/shared/logging";
import {
  type BusState,
  connectNats,
  createPublisher,
  defineEvent,
  ensureStreams,
} from "@glam/shared/messaging";
import { isRetryableError, MessageBusError } from "@glam/shared/errors";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

interface Lines extends LoggerLike {
  readonly lines: string[];
}

function keepLines(): Lines {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return {
    lines,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: at("critical"),
  };
}

const AWAY = "warn Cannot reach the message bus, and tries again";

describe("connectNats that does not wait for the server", () => {
  it("resolves at once, logs that the server is away, and connects when it is there", async () => {
    await using server = await startNats();
    const { user, pass } = server.account();
    await server.kill9();
    const logger = keepLines();
    await using bus = await connectNats({ servers: server.url, user, pass, lazy: true, logger });
    const states: BusState["type"][] = [];
    bus.onStateChange(({ type }) => void states.push(type));
    assert.equal(bus.connected, false);
    await assert.rejects(bus.publish({ subject: "evt.a.v1", data: "{}" }), (error) => {
      assert.ok(error instanceof MessageBusError);
      assert.deepEqual([error.kind, isRetryableError(error)], ["unavailable", true]);
      return true;
    });
    await assert.rejects(ensureStreams(bus), MessageBusError);
    await waitFor(() => logger.lines.includes(AWAY), "the outage is logged");
    await server.restart();
    await waitFor(() => bus.connected, "the bus is connected");
    assert.deepEqual(states, ["connected"]);
    assert.equal(logger.lines.filter((line) => line === AWAY).length, 1);
    const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
    const { stream } = await createPublisher(bus, { service: "test" }).publish(Done, { n: 1 });
    assert.equal(stream, "GLAM_EVENTS");
  });

  it("is closed with the error when the server refuses the credentials", async () => {
    await using server = await startNats();
    const { user } = server.account();
    const logger = keepLines();
    await using bus = await connectNats({ servers: server.url, user, pass: "wrong", lazy: true, logger });
    const closed = Promise.withResolvers<BusState>();
    bus.onStateChange(closed.resolve);
    const state = await closed.promise;
    assert.ok(state.type === "closed" && state.error instanceof MessageBusError);
    assert.deepEqual([state.error.kind, isRetryableError(state.error)], ["refused", false]);
    await assert.rejects(
      bus.streamInfo("A"),
      (error) => error instanceof MessageBusError && error.kind === "refused",
    );
    assert.deepEqual(logger.lines, ["critical Message bus connection refused"]);
  });

  it("closes while it waits for the server", async () => {
    const logger = keepLines();
    const bus = await connectNats({ servers: "nats://127.0.0.1:1", lazy: true, logger });
    const states: BusState["type"][] = [];
    bus.onStateChange(({ type }) => void states.push(type));
    await waitFor(() => logger.lines.length > 0, "the outage is logged");
    await bus.close();
    await bus.close();
    assert.deepEqual(states, ["closed"]);
    await assert.rejects(
      bus.flush(),
      (error) => error instanceof MessageBusError && error.kind === "unavailable",
    );
  });

  it("checks its options before it returns", async () => {
    await assert.rejects(connectNats({ lazy: true, servers: [] }), TypeError);
    await assert.rejects(connectNats({ lazy: true, nkey: "no seed" }), MessageBusError);
  });
});

describe("connectNats that waits for the server", () => {
  it("logs that the server is away, and resolves when it is there", async () => {
    await using server = await startNats();
    const { user, pass } = server.account();
    await server.kill9();
    const logger = keepLines();
    const connecting = connectNats({ servers: server.url, user, pass, waitForServer: true, logger });
    await waitFor(() => logger.lines.includes(AWAY), "the outage is logged");
    await server.restart();
    await using bus = await connecting;
    assert.equal(bus.connected, true);
    assert.deepEqual(logger.lines, [AWAY, "info Message bus connected"]);
  });
});
