import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import {
  connectNats,
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
} from "@glam/shared/messaging";
import { ServiceError } from "@glam/shared/service";
import { Hono } from "hono";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { errorOf, fakeListener, testService } from "./_support.ts";

const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
const { logger: silent } = recordingLogger();

describe("a service that is ready without its bus", () => {
  it("serves while the bus is away, and starts its streams and listeners when it is back", async () => {
    await using nats = await startNats();
    const bus = await connectNats({ servers: nats.url, ...nats.account(), connectTimeoutMs: PATIENCE_MS });
    await nats.kill9();
    await waitFor(() => !bus.connected, "the bus knows");
    const handled = Promise.withResolvers<number>();
    const listener = createListener(bus, {
      service: "test",
      queueGroup: "done",
      events: [Done],
      handle: ({ data }) => handled.resolve(data.n),
      logger: silent,
    });
    const app = new Hono().get("/", (c) => c.text("served"));
    const { service, steps } = testService({ app, bus, listeners: [listener], required: [] });
    await service.start();
    const { url } = service.address!;
    assert.equal(await (await fetch(url)).text(), "served");
    const ready = await fetch(`${url}/health/ready`);
    const { data } = await ready.json();
    assert.deepEqual([ready.status, data.status], [200, "degraded"]);
    await waitFor(() => steps().some((step) => step.startsWith("The message bus is away")), "it says so");
    await nats.restart();
    await waitFor(() => steps().includes("Listeners started"), "the listener starts");
    assert.ok(steps().indexOf("Streams ensured") < steps().indexOf("Listeners started"));
    assert.equal(steps().filter((step) => step.startsWith("The message bus is away")).length, 1);
    await createPublisher(bus, { service: "test" }).publish(Done, { n: 7 });
    assert.equal(await handled.promise, 7);
    await service.stop();
    await service.finished;
  });

  it("stops in order while the bus is away", async () => {
    await using nats = await startNats();
    const bus = await connectNats({ servers: nats.url, ...nats.account(), connectTimeoutMs: PATIENCE_MS });
    await nats.kill9();
    const { service, steps } = testService({ bus, listeners: [fakeListener()], required: [] });
    await service.start();
    await service.stop();
    await service.finished;
    assert.ok(!steps().includes("Listeners started"));
  });

  it("fails by an error that does not pass by itself", async () => {
    const refused = new MessageBusError("Permissions violation", { kind: "refused", retryable: false });
    const { service } = testService({
      bus: createMemoryBus(),
      listeners: [fakeListener(refused)],
      required: [],
    });
    await service.start().catch(() => {});
    const error = await errorOf(service.finished);
    assert.ok(error instanceof ServiceError);
    assert.equal(error.part, "listeners");
    assert.match(error.message, /Permissions violation/);
  });

  it("tries a listener again that could not start", async () => {
    const away = new MessageBusError("Message bus is not available", { kind: "unavailable" });
    let starts = 0;
    const listener = {
      ...fakeListener(),
      start: () => ++starts === 1 ? Promise.reject(away) : Promise.resolve(),
    };
    const { service, steps } = testService({ bus: createMemoryBus(), listeners: [listener], required: [] });
    await service.start();
    await waitFor(() => steps().includes("Listeners started"), "the listener starts");
    assert.equal(starts, 2);
    await service.stop();
    await service.finished;
  });
});

it("a service that needs its bus waits for streams and listeners", async () => {
  const { service, steps } = testService({
    bus: createMemoryBus(),
    listeners: [fakeListener()],
    required: ["bus"],
  });
  await service.start();
  assert.deepEqual(steps(), ["Streams ensured", "Listeners started", "Listening", "Service ready"]);
  await service.stop();
});
