import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageBusError, NotFoundError, ValidationError } from "@glam/shared/errors";
import { createLogger, type Logger } from "@glam/shared/logging";
import { createListener, createMemoryBus, defineEvent, type MessageBus } from "@glam/shared/messaging";
import { type Control, createRemoteControl, createService } from "@glam/shared/service";
import * as z from "zod";
import { connectNats } from "@glam/shared/messaging";
import { startNats } from "../_support/nats_server.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";
import { testService } from "./_support.ts";

const { logger } = recordingLogger();
const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));

function publish(bus: MessageBus, n: number): Promise<unknown> {
  const event = { event_id: `${n}`, event_type: Done.subject, timestamp: new Date(), data: { n } };
  return bus.publish({ subject: Done.subject, data: JSON.stringify(event) });
}

/** A service with a listener, and what that has seen. */
function withListener(bus: MessageBus, options: object = {}) {
  const seen: number[] = [];
  const listener = createListener(bus, {
    service: "ledger",
    queueGroup: "summary",
    events: [Done],
    handle: ({ data }) => void seen.push(data.n),
    logger,
  });
  return { seen, ...testService({ bus, listeners: [listener], control: true, ...options }) };
}

/** A logger, and the levels of its lines. */
function leveled(): { readonly log: Logger; readonly levels: string[] } {
  const levels: string[] = [];
  const sink = (line: string) => void levels.push(JSON.parse(line).level);
  return { log: createLogger("test", { level: "warn", format: "json", sink, file: false }), levels };
}

async function changes(control: Control, bus: MessageBus, seen: readonly number[]): Promise<void> {
  const name = "ledger-summary";
  assert.deepEqual(await control.state(), {
    listeners: [{ name, paused: false, subjects: [Done.subject] }],
  });
  const paused = await control.pause(name, { by: "ann" });
  assert.equal(paused.listeners[0]?.paused, true);
  for (const n of [1, 2, 3]) await publish(bus, n);
  assert.deepEqual(seen, []);
  assert.equal((await control.resume(name)).listeners[0]?.paused, false);
  await waitFor(() => seen.length === 3, "they are handled");
  assert.deepEqual(seen, [1, 2, 3]);
  await assert.rejects(control.pause("other"), NotFoundError);

  const { log, levels } = leveled();
  const child = log.child({ order: 1 });
  child.debug("no");
  const { level, level_until } = await control.setLevel("debug");
  assert.equal(level, "debug");
  assert.ok(Date.parse(level_until!) > Date.now() + 14 * 60_000);
  child.debug("yes");
  assert.equal(log.isEnabled("debug"), true);
  assert.deepEqual(levels, ["DEBUG"]);
  assert.equal((await control.setLevel(undefined)).level, undefined);
  log.info("no");
  assert.deepEqual(levels, ["DEBUG"]);
  await assert.rejects(control.setLevel("loud" as "debug"), /Expected `level` to be one of debug/);
}

describe("the control of a service", () => {
  it("pauses and resumes its listeners, and sets the level, each with a line", async () => {
    const bus = createMemoryBus();
    const { service, seen, lines } = withListener(bus, { control: false });
    await using _service = service;
    await service.start();
    await changes(service.control, bus, seen);
    const audit = lines.filter(({ fields }) => "by" in fields).map((
      { message, fields },
    ) => [message, fields["by"]]);
    assert.deepEqual(audit, [
      ["Listener paused", "ann"],
      ["Listener resumed", "unknown"],
      ["Log level changed", "unknown"],
      ["Log level changed", "unknown"],
    ]);
  });

  it("is the same for another process, over the bus", async () => {
    const server = await startNats();
    try {
      const account = { servers: server.url, ...server.account() };
      const own = await connectNats(account);
      const { service, seen } = withListener(own);
      await using _service = service;
      await using other = await connectNats(account);
      await service.start();
      const control = createRemoteControl(other, { service: "test", instance: service.instance });
      await waitFor(() => control.state().then(() => true, () => false), "it takes commands");
      await changes(control, other, seen);
    } finally {
      await server.stop();
    }
  });

  it("refuses what is no command", async () => {
    const bus = createMemoryBus();
    const { service } = withListener(bus);
    await using _service = service;
    await service.start();
    const control = createRemoteControl(bus, { service: "test", instance: service.instance });
    await waitFor(() => control.state().then(() => true, () => false), "it takes commands");
    const subject = `glam.ctl.test.${service.instance}`;
    for (const data of ["", "7", "[]", "null", '{"action":"stop"}', '{"action":"pause","listener":{}}']) {
      const reply = await bus.call(subject, { data });
      assert.ok(["404", "422"].includes(reply.headers.get("Glam-Status")!), data);
    }
    await assert.rejects(control.setLevel("loud" as "debug"), ValidationError);
    await assert.rejects(control.pause("x".repeat(300)), ValidationError);
  });

  it("is nobody's on the bus where the service does not say so", async () => {
    const bus = createMemoryBus();
    const { service } = withListener(bus, { control: undefined });
    await using _service = service;
    await service.start();
    const control = createRemoteControl(bus, { service: "test", instance: service.instance });
    await assert.rejects(
      control.state(),
      (error) => error instanceof MessageBusError && error.kind === "no_responder",
    );
  });

  it("gives the loggers their levels back when the service stops", async () => {
    const { service } = testService();
    await service.start();
    await service.control.setLevel("debug");
    const { log } = leveled();
    assert.equal(log.isEnabled("debug"), true);
    await service.stop();
    assert.equal(log.isEnabled("debug"), false);
  });

  it("sends commands to names of letters, digits, _ and - only", () => {
    const bus = createMemoryBus();
    for (const instance of ["", "a.b", "*", ">", "a b", "$SRV"]) {
      assert.throws(
        () => createRemoteControl(bus, { service: "test", instance }),
        /^TypeError: Expected `instance`/,
      );
    }
    assert.throws(
      () => createService({ name: "test", control: true, logger }),
      /Expected `bus` beside `control`/,
    );
  });
});
