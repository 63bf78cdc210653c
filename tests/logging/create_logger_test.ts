import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type Logger, type LoggerLike, type LoggerOptions } from "@glam/shared/logging";
import { capture, withConsole, withEnv } from "./_capture.ts";

const NO_ENV = {
  APP_ENV: undefined,
  LOG_FILE: undefined,
  LOG_LEVEL: undefined,
  CATALOG_CONNECTOR_LOG_LEVEL: undefined,
};

test("a logger writes the levels from its own upwards", () => {
  const { log, lines } = capture({ level: "warn" });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.warning("d");
  log.error("e");
  log.critical("f");
  assert.deepEqual(lines().map(({ level, message }) => `${level} ${message}`), [
    "WARNING c",
    "WARNING d",
    "ERROR e",
    "CRITICAL f",
  ]);
  assert.equal(log.isEnabled("info"), false);
  assert.equal(log.isEnabled("warning"), true);
  assert.equal(log.isEnabled("verbose" as "info"), false);
});

test("level names are taken in any case", () => {
  for (const level of ["DEBUG", "Info", "WARNING", "warn", "Error", "critical"]) {
    assert.equal(capture({ level: level as "info" }).log.isEnabled("critical"), true);
  }
});

test("a level option that is no level is a TypeError that names the legal ones", () => {
  assert.throws(() => createLogger("catalog", { level: "verbose" as "info" }), {
    name: "TypeError",
    message: 'Expected `level` to be one of debug, info, warn, warning, error, critical, got "verbose"',
  });
});

test("the level comes from the service's variable, then from LOG_LEVEL, else it is INFO", () => {
  using _ = withEnv(NO_ENV);
  const level = () => {
    const { log } = capture({ level: undefined }, "catalog-connector");
    return (["debug", "info", "warn", "error", "critical"] as const).find(log.isEnabled);
  };
  assert.equal(level(), "info");
  using _general = withEnv({ LOG_LEVEL: "error" });
  assert.equal(level(), "error");
  using _own = withEnv({ CATALOG_CONNECTOR_LOG_LEVEL: "Debug" });
  assert.equal(level(), "debug");
});

test("a level in the environment that is no level is reported once as a warning, and INFO is used", () => {
  using _ = withEnv({ ...NO_ENV, CATALOG_CONNECTOR_LOG_LEVEL: "verbos", LOG_LEVEL: "error" });
  const { log, lines } = capture({ level: undefined }, "catalog-connector");
  log.child({ a: 1 }).info("x");
  assert.deepEqual(lines().map(({ level }) => level), ["WARNING", "INFO"]);
  assert.equal(
    lines()[0]?.["message"],
    "Ignored CATALOG_CONNECTOR_LOG_LEVEL: expected one of debug, info, warn, warning, error, critical, " +
      'got "verbos"',
  );
  assert.deepEqual([log.isEnabled("debug"), log.isEnabled("info")], [false, true]);
});

test("lines are JSON in prod, production and staging, and for a terminal elsewhere; the option wins", () => {
  using _ = withEnv(NO_ENV);
  const isJson = (options: LoggerOptions) => {
    const { log, text } = capture({ format: undefined, environment: undefined, ...options });
    log.info("x");
    return text[0]?.startsWith("{");
  };
  assert.equal(isJson({}), false);
  for (const name of ["prod", "production", "staging", "PROD"]) {
    using _prod = withEnv({ APP_ENV: name });
    assert.equal(isJson({}), true, name);
    assert.equal(isJson({ format: "console" }), false);
  }
  assert.equal(isJson({ environment: "prod" }), true);
  assert.equal(isJson({ format: "json" }), true);
});

test("options that are wrong are refused by name", () => {
  const refuses = (options: object, message: RegExp, name = "TypeError") =>
    assert.throws(() => createLogger("catalog", options as LoggerOptions), { name, message });
  assert.throws(() => createLogger(""), { name: "TypeError", message: /`service`/ });
  refuses({ format: "xml" }, /`format` to be "json" or "console", got "xml"/);
  refuses({ sink: "stdout" }, /`sink` to be a function/);
  refuses({ recordSinks: [1] }, /`recordSinks`/);
  refuses({ redact: [7] }, /`redact`/);
  refuses({ redact: "__" }, /`redact`/);
  refuses({ file: { path: "" } }, /`file.path`/);
  refuses({ file: { path: "x", maxBytes: 10 } }, /`file.maxBytes`/, "RangeError");
  refuses({ file: { path: "x", keep: 0 } }, /`file.keep`/, "RangeError");
});

test("lines below ERROR go to console.log and the others to console.error, looked up at call time", () => {
  const log = createLogger("catalog", { format: "json", level: "debug", file: false });
  const seen: string[] = [];
  using _log = withConsole("log", (line) => seen.push(`log ${JSON.parse(String(line)).level}`));
  using _error = withConsole("error", (line) => seen.push(`error ${JSON.parse(String(line)).level}`));
  log.debug("x");
  log.info("x");
  log.warn("x");
  log.error("x");
  log.critical("x");
  assert.deepEqual(seen, ["log DEBUG", "log INFO", "log WARNING", "error ERROR", "error CRITICAL"]);
});

test("a sink gets the finished line without its line end", () => {
  const { log, text } = capture();
  log.info("x\n");
  assert.equal(text.length, 1);
  assert.doesNotMatch(text[0]!, /\n/);
});

test("a child adds its fields to each line, and a field of the line wins", () => {
  const { log, last, lines } = capture();
  const child = log.child({ component: "sync", attempt: 1, token: "t" }).child({ shop: "s1" });
  child.info("x", { attempt: 2 });
  assert.deepEqual(pick(last(), "component", "attempt", "shop", "token"), {
    component: "sync",
    attempt: 2,
    shop: "s1",
    token: "[redacted]",
  });
  log.info("y");
  assert.equal("component" in last(), false);
  assert.equal(lines().length, 2);
});

test("a child keeps its fields as they were when it was made", () => {
  const { log, last } = capture();
  const fields = { order: { id: 1 } };
  const child = log.child(fields);
  fields.order.id = 2;
  child.info("x");
  assert.deepEqual(last()["order"], { id: 1 });
});

test("the methods of a logger can be passed on alone", () => {
  const { log, last } = capture();
  const { error, child } = log;
  error("x");
  assert.equal(last()["message"], "x");
  child({ a: 1 }).info("y");
  assert.equal(last()["a"], 1);
});

test("a logger is a LoggerLike, and so is every object with the five methods", () => {
  const other = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };
  const likes: LoggerLike[] = [other, capture().log];
  // @ts-expect-error: a LoggerLike need not be a whole Logger
  const _whole: Logger = other;
  for (const like of likes) like.info("x", { a: 1 });
});

test("flush and close wait for the promises of the sink", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const log = createLogger("catalog", { sink: () => promise, file: false });
  log.info("x");
  let isFlushed = false;
  const flushed = log.flush().then(() => isFlushed = true);
  await new Promise((resolve) => setTimeout(resolve)); // every microtask has run
  assert.equal(isFlushed, false);
  resolve();
  await flushed;
  await log[Symbol.asyncDispose]();
  log.info("still goes to the sink");
});

function pick(line: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, line[name]]));
}
