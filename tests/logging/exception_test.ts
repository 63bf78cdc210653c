import assert from "node:assert/strict";
import { test } from "node:test";
import { capture, type Line } from "./_capture.ts";

function write(error: unknown): Line {
  const { log, last, lines } = capture();
  log.error("Failed", { error });
  assert.equal(lines().length, 1);
  return last();
}

test("an error gives its type, its code and its stack, and is no field", () => {
  const line = write(Object.assign(new RangeError("boom"), { code: "E_RANGE" }));
  assert.deepEqual([line["error_type"], line["error_code"], line["error"]], [
    "RangeError",
    "E_RANGE",
    undefined,
  ]);
  assert.match(line["exception"], /^RangeError: boom\n +at .*exception_test/);
  assert.equal(write(Object.assign(new Error("x"), { code: 7 }))["error_code"], 7);
  assert.equal("error_code" in write(new Error("x")), false);
});

test("an error is taken from every level, and as second argument", () => {
  const { log, last } = capture();
  for (const level of ["debug", "info", "warn", "warning", "error", "critical"] as const) {
    log[level]("x", new TypeError("direct"));
    assert.equal(last()["error_type"], "TypeError");
    log[level]("x", { error: new TypeError("field"), a: 1 });
    assert.deepEqual([last()["error_type"], last()["a"]], ["TypeError", 1]);
  }
});

test("a field named error that is no Error stays a field", () => {
  assert.equal(write("timeout")["error"], "timeout");
});

test("an error has its details when it has the shape of a GlamError, with secrets hidden", () => {
  class NotFoundError extends Error {
    override readonly name = "NotFoundError";
    readonly code = "NOT_FOUND";
    readonly status = 404;
    readonly details = { resource: "item", token: "t" };
    toJSON() {
      return { code: this.code, message: this.message, details: this.details };
    }
  }
  const line = write(new NotFoundError("Item 7 not found"));
  assert.deepEqual(
    [line["error_type"], line["error_code"], line["error_details"]],
    ["NotFoundError", "NOT_FOUND", { resource: "item", token: "[redacted]" }],
  );
  const { log, last } = capture();
  log.info("x", { nested: new NotFoundError("y") });
  assert.deepEqual(last()["nested"], {
    code: "NOT_FOUND",
    message: "y",
    details: { resource: "item", token: "[redacted]" },
  });
});

test("a foreign error does not show its properties", () => {
  const line = write(
    Object.assign(new Error("x"), { code: "22P02", details: { query: "s3cret" }, query: "s3cret" }),
  );
  assert.doesNotMatch(JSON.stringify(line), /s3cret/);
});

test("the exception has the chain of causes", () => {
  const { exception } = write(
    new Error("a", { cause: new TypeError("b", { cause: { reason: "c", token: "t" } }) }),
  );
  assert.match(
    exception,
    /^Error: a\n[^]*\nCaused by: TypeError: b\n[^]*\nCaused by: {"reason":"c","token":"\[redacted\]"}$/,
  );
  assert.match(write(new Error("a", { cause: "text" }))["exception"], /\nCaused by: text$/);
});

test("the exception has the members of an AggregateError", () => {
  const errors = Array.from({ length: 7 }, (_, i) => new Error(`member ${i}`));
  const { exception } = write(new AggregateError(errors, "all failed"));
  assert.match(
    exception,
    /^AggregateError: all failed\n[^]*\[1 of 7\] Error: member 0\n[^]*\[5 of 7\] Error: member 4\n[^]*… 2 more$/,
  );
  assert.doesNotMatch(exception, /member 5/);
});

test("causes and members that go round in a circle, or on and on, have an end", () => {
  const a = new Error("a");
  a.cause = new AggregateError([a], "b", { cause: { again: a } });
  assert.match(write(a)["exception"], /\[already shown\] Error/);
  let long = new Error("0");
  for (let i = 0; i < 100; i++) long = new Error(`${i}`, { cause: long });
  assert.match(write(long)["exception"], /… more errors$/);
  const loop = new Error("loop");
  loop.cause = { loop, deeper: [new Error("x", { cause: { loop } })] };
  assert.match(write(loop)["exception"], /Caused by: {"loop":{"type":"Error"/);
});

test("an exception that is too long is cut", () => {
  const { exception } = write(
    new Error("m".repeat(50_000), {
      cause: new AggregateError([new Error("o".repeat(50_000))], "n".repeat(50_000)),
    }),
  );
  assert.ok(exception.length < 17_000);
  assert.match(exception, /… \d+ more/);
});

test("an error among other fields has its type, code and stack", () => {
  const { log, last } = capture();
  log.info("x", { list: [Object.assign(new TypeError("y"), { code: "C" })] });
  const [nested] = last()["list"];
  assert.deepEqual([nested.type, nested.code], ["TypeError", "C"]);
  assert.match(nested.exception, /^TypeError: y/);
});

test("a class without a name of its own is known by its constructor", () => {
  class PaymentFailed extends Error {}
  assert.equal(write(new PaymentFailed("x"))["error_type"], "PaymentFailed");
  assert.equal(write(new DOMException("x", "AbortError"))["error_type"], "AbortError");
});

test("an error whose message came after its stack shows it", () => {
  const error = new Error("before");
  void error.stack;
  error.message = "after";
  assert.match(write(error)["exception"], /^Error: after\n/);
});

test("an error that cannot be read gives a line", () => {
  const boom = () => {
    throw new Error("boom");
  };
  const error = new Error("x");
  for (
    const key of ["name", "message", "stack", "code", "cause", "errors", "details", "status", "constructor"]
  ) {
    Object.defineProperty(error, key, { get: boom });
  }
  assert.equal(write(error)["error_type"], "Error");
  assert.equal(
    write(new Proxy(new Error("x"), { get: boom, getPrototypeOf: boom }))["error"],
    "[unreadable]",
  );
  const odd = Object.assign(new Error("x"), { name: 7, message: { a: 1 }, stack: 5, errors: 3 });
  assert.match(write(odd)["exception"], /^Error: {"a":1}/);
});
