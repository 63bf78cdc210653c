import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Database } from "@glam/shared/db";
import { createMemoryBus } from "@glam/shared/messaging";
import { createService, type ServiceOptions } from "@glam/shared/service";
import { Hono } from "hono";
import { recordingLogger } from "../_support/recording_logger.ts";

const { logger } = recordingLogger();

function create(options: object): () => unknown {
  return () => createService({ name: "test", logger, ...options } as ServiceOptions);
}

describe("createService", () => {
  const cases: readonly (readonly [name: string, options: object, message: RegExp])[] = [
    ["no name", { name: undefined }, /^TypeError: Expected `name` to be printable ASCII.*got undefined/],
    ["a name that is no header", { name: "cätalog" }, /^TypeError: Expected `name` to be printable ASCII/],
    ["an app without fetch", { app: {} }, /^TypeError: Expected `app` to have a method `fetch`, got object/],
    ["no database", { database: null }, /^TypeError: Expected `database` to have a method `ping`, got null/],
    ["no bus", { bus: "nats://x" }, /^TypeError: Expected `bus` to have a method `ensureStream`, got string/],
    ["no listener", { listeners: [{}] }, /^TypeError: Expected `listeners\[0\]` to have a method `start`/],
    ["no outbox", { outbox: {} }, /^TypeError: Expected `outbox` to have a method `start`, got object/],
    [
      "an outbox without a bus",
      { outbox: { relay() {} } },
      /^TypeError: Expected `bus` beside `outbox`, got none/,
    ],
    [
      "migrations alone",
      { migrations: "x" },
      /^TypeError: Expected `database` beside `migrations`, got none/,
    ],
    [
      "another migrate",
      { migrate: "down" },
      /^TypeError: Expected `migrate` to be "up" or "verify", got "down"/,
    ],
    [
      "no port",
      { port: 65_536 },
      /^RangeError: Expected `port` to be a whole number from 0 to 65535, got 65536/,
    ],
    ["no hostname", { hostname: "" }, /^TypeError: Expected `hostname` to be an address, got ""/],
    [
      "no part",
      { required: ["http"] },
      /^TypeError: Expected `required` to name parts of bus, .*, got "http"/,
    ],
    [
      "no grace",
      { graceMs: -1 },
      /^RangeError: Expected `graceMs` to be a number from 0 to \d+, got -1/,
    ],
    [
      "no deadline",
      { deadlines: { http: 0 } },
      /^RangeError: Expected `deadlines.http` to be a number from 1 to/,
    ],
    ["no function", { onStop: 7 }, /^TypeError: Expected `onStop` to be a function, got number/],
    ["no logger", { logger: {} }, /^TypeError: Expected `logger` to have a method `debug`/],
    ["no check", { checks: { cache: 7 } }, /^TypeError: Expected health check "cache" to be a function/],
  ];
  for (const [name, options, message] of cases) {
    it(`refuses ${name} before anything happens`, () => assert.throws(create(options), message));
  }

  it("listens at PORT where no port is given, and refuses one that is none", () => {
    const before = process.env["PORT"];
    try {
      process.env["PORT"] = "80a";
      assert.throws(create({}), /^RangeError: Expected the variable PORT to be a port, got "80a"/);
      assert.doesNotThrow(create({ port: 8080 }));
    } finally {
      if (before === undefined) delete process.env["PORT"];
      else process.env["PORT"] = before;
    }
  });

  it("does nothing by itself: what it was given is untouched", () => {
    const touched: PropertyKey[] = [];
    const bus = new Proxy(createMemoryBus(), {
      get(target, key) {
        touched.push(key);
        return Reflect.get(target, key, target);
      },
    });
    const service = createService({ name: "test", bus, logger });
    assert.deepEqual([service.state, service.address], ["new", undefined]);
    assert.deepEqual(touched, ["ensureStream", "onStateChange", "close"], "only looked at");
  });

  it("refuses a grace that is none at its stop", async () => {
    const service = createService({ name: "test", logger });
    await assert.rejects(service.stop({ graceMs: -1 }), /^RangeError: Expected `graceMs`/);
    await service.stop();
  });

  it("takes any Hono app, with whatever types, and undefined for any option", () => {
    interface Env {
      Bindings: { KEY: string };
      Variables: { user: string };
    }
    const app = new Hono<Env>().get("/", (c) => c.text(c.env.KEY));
    const database: Database | undefined = undefined;
    createService({
      name: "test",
      app,
      database,
      bus: undefined,
      checks: undefined,
      port: undefined,
      logger,
    });
    // @ts-expect-error: the name is missing
    assert.throws(() => createService({ app, logger }), TypeError);
  });
});
