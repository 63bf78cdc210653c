import assert from "node:assert/strict";
import { test } from "node:test";
import { configure, getLogger, type LogRecord as LogTapeRecord, reset, type Sink } from "@logtape/logtape";
import { runWithContext } from "@glam/shared/context";
import { type LoggerLike, type LogRecord, toLogTapeSink } from "@glam/shared/logging";
import { capture, type Line } from "./_capture.ts";

async function withLogTape(sink: Sink, run: () => void): Promise<void> {
  await configure({
    reset: true,
    sinks: { glam: sink },
    loggers: [
      { category: [], sinks: ["glam"], lowestLevel: "trace" },
      { category: ["logtape", "meta"], lowestLevel: "error" },
    ],
  });
  try {
    run();
  } finally {
    await reset();
  }
}

test("records of LogTape become lines, with category, message, properties and level", async () => {
  const { log, lines } = capture();
  await withLogTape(toLogTapeSink(log), () => {
    const library = getLogger(["some", "library"]);
    runWithContext({ requestId: "req_1", service: "catalog" }, () => {
      library.info("Fetched {count} items of {shop}", { count: 7, shop: "s1", password: "p" });
    });
    library.trace("t");
    library.debug("d");
    library.warn("w");
    library.error("e");
    library.fatal`f ${{ a: 1 }}`;
  });
  const { level, message, logger, count, shop, password, request_id } = lines()[0]!;
  assert.deepEqual({ level, message, logger, count, shop, password, request_id }, {
    level: "INFO",
    message: "Fetched 7 items of s1",
    logger: "some.library",
    count: 7,
    shop: "s1",
    password: "[redacted]",
    request_id: "req_1",
  });
  assert.deepEqual(lines().slice(1).map(({ level, message }) => `${level} ${message}`), [
    "DEBUG t",
    "DEBUG d",
    "WARNING w",
    "ERROR e",
    'CRITICAL f {"a":1}',
  ]);
});

test("an error of a LogTape record becomes the exception of the line", async () => {
  const { log, last } = capture();
  await withLogTape(toLogTapeSink(log), () => {
    getLogger("lib").error("Failed: {error}", { error: new RangeError("boom") });
  });
  assert.equal(last()["error_type"], "RangeError");
  assert.match(last()["exception"], /^RangeError: boom/);
});

test("a secret is hidden in the message of a LogTape record too", async () => {
  const { log, text, lines } = capture();
  await withLogTape(toLogTapeSink(log), () => {
    getLogger("lib").info("{{x}} of {accessToken} for {user}", {
      accessToken: "t0p",
      user: { password: "t0p" },
    });
    getLogger("lib").info("to {url}", { url: "nats://a:t0p@h" });
  });
  assert.deepEqual(lines().map(({ message }) => message), [
    '{x} of [redacted] for {"password":"[redacted]"}',
    "to nats://[redacted]@h",
  ]);
  assert.doesNotMatch(text.join(), /t0p/);
});

test("any logger with the five methods can be the target, and what it throws stays there", () => {
  const calls: Line[] = [];
  const at = (level: string) => (message: string, fields?: object) =>
    calls.push({ level, message, ...fields });
  const target: LoggerLike = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: () => {
      throw new Error("boom");
    },
  };
  const sink: Sink = toLogTapeSink(target);
  sink(record("warning"));
  sink(record("fatal"));
  assert.deepEqual(calls, [{ level: "warn", message: "a 1 b", logger: "lib", x: 1 }]);
});

test("LogTape sinks get each line as a record of LogTape, with secrets hidden", () => {
  const records: LogTapeRecord[] = [];
  const sink: Sink = (record) => records.push(record);
  const { log } = capture({ recordSinks: [sink], level: "info" });
  const error = Object.assign(new TypeError("at nats://a:t0p@h"), { code: "E" });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  runWithContext({ requestId: "req_1", service: "catalog", traceparent }, () => {
    log.child({ a: 1 }).warn("Slow nats://a:t0p@h", { token: "t0p", b: { c: 2 } });
    log.critical("Failed", { error });
    log.debug("below the level");
  });
  assert.equal(records.length, 2);
  const { category, level, message, rawMessage, properties, timestamp } = records[0]!;
  assert.deepEqual({ category, level, message, rawMessage }, {
    category: ["catalog"],
    level: "warning",
    message: ["Slow nats://[redacted]@h"],
    rawMessage: "Slow nats://[redacted]@h",
  });
  assert.ok(Number.isInteger(timestamp));
  const { request_id, trace_id, environment, a, b, token } = properties;
  assert.deepEqual({ request_id, trace_id, environment, a, b, token }, {
    request_id: "req_1",
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    environment: "test",
    a: 1,
    b: { c: 2 },
    token: "[redacted]",
  });
  assert.equal(records[1]!.level, "fatal");
  const copy = records[1]!.properties["error"] as Error & { code: string };
  assert.ok(copy instanceof Error);
  assert.deepEqual([copy.name, copy.message, copy.code], ["TypeError", "at nats://[redacted]@h", "E"]);
  assert.doesNotMatch(`${copy.stack}`, /t0p/);
});

test("a record sink that changes its record changes it for nobody else", () => {
  const seen: unknown[] = [];
  const { log, last } = capture({
    recordSinks: [
      (record) => void (record.properties["a"] = "changed"),
      (record) => void seen.push(record.properties["a"]),
    ],
  });
  log.info("x", { a: 1 });
  assert.deepEqual([seen, last()["a"]], [[1], 1]);
});

function record(level: LogRecord["level"]): LogRecord {
  return {
    category: ["lib"],
    level,
    message: ["a ", 1, " b"],
    rawMessage: "a {x} b",
    timestamp: 0,
    properties: { x: 1 },
  };
}
