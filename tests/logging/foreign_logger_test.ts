import { glamMiddleware } from "@glam/shared/api";
import { runWithContext } from "@glam/shared/context";
import { DatabaseError } from "@glam/shared/errors";
import { createLogger, type LogFields, type LoggerLike } from "@glam/shared/logging";
import {
  createListener,
  createMemoryBus,
  createPublisher,
  defineEvent,
  ensureStreams,
} from "@glam/shared/messaging";
import { Hono } from "hono";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { waitFor } from "../_support/wait_for.ts";

/** A logger of another library, which writes its arguments by `JSON.stringify`, as std-log's JSON formatter does. */
function stdLog() {
  const lines: { level: string; message: string; args: Record<string, unknown>; given?: LogFields }[] = [];
  const at = (level: string) => (message: string, given?: LogFields) => {
    const { args = {} } = JSON.parse(JSON.stringify({ args: given }));
    lines.push({ level, message, args, ...(given === undefined ? {} : { given }) });
  };
  const logger: LoggerLike = {
    debug: at("DEBUG"),
    info: at("INFO"),
    warn: at("WARN"),
    error: at("ERROR"),
    critical: at("CRITICAL"),
  };
  return { logger, lines };
}

test("a logger of another library gets ids, and an error as texts, from the middleware", async () => {
  const { logger, lines } = stdLog();
  const app = new Hono();
  app.use(glamMiddleware({ service: "catalog", logger }));
  const failure = new DatabaseError("insert failed", {
    cause: new Error("refused: postgres://app:hunter2@db/x"),
  });
  app.get("/", () => {
    throw failure;
  });
  await app.request("/", { headers: { "X-Request-ID": "req_1", "X-Correlation-ID": "corr_1" } });
  const { args, given } = lines.find(({ message }) => message === "Request failed")!;
  assert.deepEqual([args["request_id"], args["correlation_id"]], ["req_1", "corr_1"]);
  assert.deepEqual([args["error_type"], args["error_code"], args["error_message"]], [
    "DatabaseError",
    "DATABASE_ERROR",
    "insert failed",
  ]);
  assert.match(
    String(args["exception"]),
    /^DatabaseError: insert failed\n\s+at .*[^]*Caused by: Error: refused/,
  );
  assert.doesNotMatch(String(args["exception"]), /hunter2/);
  assert.ok(!("error" in args), "no empty object");
  assert.equal(given?.["error"], failure, "a logger that knows errors still gets it");
});

test("a logger of another library gets them from a listener, too", async () => {
  const { logger, lines } = stdLog();
  await using bus = createMemoryBus();
  await ensureStreams(bus);
  const Placed = defineEvent("evt.order.placed.v1", z.object({ id: z.string() }));
  await using listener = createListener(bus, {
    service: "ledger",
    queueGroup: "summary",
    events: [Placed],
    maxAttempts: 1,
    logger,
    handle({ log }) {
      log.info("Handling");
      throw new RangeError("too much");
    },
  });
  await listener.start();
  await createPublisher(bus, { service: "shop" }).publish(Placed, { id: "o_1" }, { correlationId: "corr_7" });
  await waitFor(() => lines.some(({ args }) => args["error_type"] === "RangeError"), "the failure is logged");
  assert.equal(lines.find(({ message }) => message === "Handling")?.args["correlation_id"], "corr_7");
  const { args } = lines.find(({ args }) => args["error_type"] === "RangeError")!;
  assert.deepEqual([args["correlation_id"], args["error_message"]], ["corr_7", "too much"]);
});

test("a wrapper around a logger of this package has each id and the error once in its lines", async () => {
  const lines: Record<string, unknown>[] = [];
  const own = createLogger("catalog", { format: "json", sink: (line) => void lines.push(JSON.parse(line)) });
  const pass = (level: keyof LoggerLike) => (message: string, fields?: LogFields) =>
    own[level](message, fields);
  const copy = (level: keyof LoggerLike) => (message: string, fields?: LogFields) =>
    own[level](message, { ...fields });
  for (const through of [pass, copy]) {
    lines.length = 0;
    const logger: LoggerLike = {
      debug: through("debug"),
      info: through("info"),
      warn: through("warn"),
      error: through("error"),
      critical: through("critical"),
    };
    const app = new Hono();
    app.use(glamMiddleware({ service: "catalog", logger }));
    app.get("/", () => {
      throw new DatabaseError("insert failed");
    });
    await app.request("/", { headers: { "X-Request-ID": "req_1" } });
    const line = lines.find(({ message }) => message === "Request failed")!;
    assert.deepEqual([line["request_id"], line["error_code"]], ["req_1", "DATABASE_ERROR"]);
    assert.match(String(line["exception"]), /^DatabaseError: insert failed\n/);
    assert.deepEqual(Object.keys(line).filter((name) => name.startsWith("field_")), []);
  }
});

test("fields that only look like those of the context are kept under another name", () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("catalog", { format: "json", sink: (line) => void lines.push(JSON.parse(line)) });
  runWithContext({ service: "catalog", requestId: "req_1", correlationId: "corr_1" }, () => {
    log.info("x", { request_id: "req_2", correlation_id: "corr_1" });
  });
  const [line] = lines;
  assert.deepEqual([line?.["request_id"], line?.["field_request_id"]], ["req_1", "req_2"]);
  assert.ok(!("field_correlation_id" in line!));
});
