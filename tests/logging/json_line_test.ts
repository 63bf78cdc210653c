import assert from "node:assert/strict";
import { test } from "node:test";
import { getContext, runWithContext, setContext } from "@glam/shared/context";
import { capture, withEnv } from "./_capture.ts";

const CONTEXT = {
  requestId: "req_1",
  correlationId: "corr_1",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  service: "catalog",
};

test("a line has timestamp, level, service, message and environment, then its fields", () => {
  const { log, text, last } = capture();
  log.info("Item stored", { item_id: 7, path: "/items" });
  const { timestamp } = last();
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(
    text[0],
    `{"timestamp":"${timestamp}","level":"INFO","service":"catalog","message":"Item stored",` +
      '"environment":"test","item_id":7,"path":"/items"}',
  );
});

test("a line without fields is complete", () => {
  const { log, last } = capture();
  log.info("x");
  assert.deepEqual(Object.keys(last()), ["timestamp", "level", "service", "message", "environment"]);
});

test("the environment is APP_ENV, else dev", () => {
  using _ = withEnv({ APP_ENV: undefined });
  const environment = () => {
    const { log, last } = capture({ environment: undefined });
    log.info("x");
    return last()["environment"];
  };
  assert.equal(environment(), "dev");
  using _staging = withEnv({ APP_ENV: "staging" });
  assert.equal(environment(), "staging");
});

test("a line has the ids of the context, and the tenant when it is known", () => {
  const { log, lines } = capture();
  runWithContext(CONTEXT, () => {
    log.info("a", { item: 1 });
    setContext({ merchantId: "m_1", merchantDomain: "shop.test", userId: "u_1", sourceService: "web" });
    log.info("b");
  });
  const [a, b] = lines().map(({ timestamp: _, level: _l, service: _s, environment: _e, ...rest }) => rest);
  const ids = {
    request_id: "req_1",
    correlation_id: "corr_1",
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  };
  assert.deepEqual(Object.entries(a!), Object.entries({ message: "a", ...ids, item: 1 }));
  assert.deepEqual(b, {
    message: "b",
    ...ids,
    merchant_id: "m_1",
    merchant_domain: "shop.test",
    user_id: "u_1",
    source_service: "web",
  });
});

test("ids of the context that are odd still give a line", () => {
  const { log, last } = capture();
  runWithContext({ ...CONTEXT, userId: 7n as unknown as string }, () => {
    getContext()!.requestId = 'a"b\n\ud800'; // runWithContext refuses it
    log.info("x");
  });
  assert.deepEqual([last()["request_id"], last()["user_id"]], ['a"b\n\ud800', "7"]);
});

test("half a surrogate pair is escaped", () => {
  const { log, text } = capture();
  runWithContext({ ...CONTEXT, requestId: "a\ud800" }, () => log.info("b\udc00"));
  assert.ok(text[0]!.isWellFormed());
  assert.match(text[0]!, /"message":"b\\udc00".*"request_id":"a\\ud800"/);
});

test("a field that is undefined is left out, and does not hide a bound one", () => {
  const { log, last } = capture();
  log.child({ a: 1 }).info("x", { a: undefined, b: undefined });
  assert.deepEqual([last()["a"], "b" in last()], [1, false]);
});

test("a field cannot overwrite what the line says of itself", () => {
  const { log, last } = capture();
  const forged = { timestamp: 1, level: "CRITICAL", service: "x", message: "y", environment: "z" };
  for (const logger of [log, log.child(forged)]) {
    logger.info("true", logger === log ? forged : {});
    const { timestamp: _, ...line } = last();
    assert.deepEqual(line, {
      level: "INFO",
      service: "catalog",
      message: "true",
      environment: "test",
      field_timestamp: 1,
      field_level: "CRITICAL",
      field_service: "x",
      field_message: "y",
      field_environment: "z",
    });
  }
});

test("a field cannot overwrite an id of the context, and has its name where the context has no such id", () => {
  const { log, last } = capture();
  const child = log.child({ user_id: "bound" });
  child.info("outside", { request_id: "own" });
  assert.deepEqual([last()["request_id"], last()["user_id"]], ["own", "bound"]);
  runWithContext({ ...CONTEXT, userId: "u_1" }, () => child.info("inside", { request_id: "forged" }));
  assert.deepEqual([last()["request_id"], last()["field_request_id"]], ["req_1", "forged"]);
  assert.deepEqual([last()["user_id"], last()["field_user_id"]], ["u_1", "bound"]);
});

test("error_code is a field of its own unless the line has an error", () => {
  const { log, last } = capture();
  log.info("request", { error_code: "NOT_FOUND" });
  assert.equal(last()["error_code"], "NOT_FOUND");
  log.warn("request", { error_code: "NOT_FOUND", error: Object.assign(new Error("x"), { code: "E1" }) });
  assert.deepEqual([last()["error_code"], last()["field_error_code"]], ["E1", "NOT_FOUND"]);
});
