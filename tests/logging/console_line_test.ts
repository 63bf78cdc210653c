import assert from "node:assert/strict";
import { test } from "node:test";
import { runWithContext, setContext } from "@glam/shared/context";
import { createLogger } from "@glam/shared/logging";
import { asTerminal, capture, withConsole, withEnv } from "./_capture.ts";

const CONTEXT = { requestId: "abc123", correlationId: "c1", service: "funding-service", userId: "456" };

/** What comes after the time. */
function write(run: (log: ReturnType<typeof capture>["log"]) => void): string {
  const { log, text } = capture({ format: "console" }, "funding-service");
  run(log);
  assert.equal(text.length, 1);
  assert.match(text[0]!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} - /);
  return text[0]!.slice(26);
}

test("a console line has the form of the Python package", () => {
  assert.equal(
    write((log) => runWithContext(CONTEXT, () => log.info("Creating order", { order_id: 7 }))),
    "funding-service - INFO - [request_id=abc123 correlation_id=c1 user_id=456 order_id=7] - Creating order",
  );
  assert.equal(write((log) => log.warn("Slow")), "funding-service - WARNING - Slow");
});

test("a console line has the ids that authentication added", () => {
  const line = write((log) =>
    runWithContext({ ...CONTEXT, userId: undefined }, () => {
      setContext({ merchantId: "m_1" });
      log.info("x");
    })
  );
  assert.match(line, /merchant_id=m_1\] - x$/);
});

test("values with spaces, quotes or structure are written as JSON", () => {
  assert.equal(
    write((log) =>
      log.info("x", { a: "b c", d: 'e"f', g: { h: [1] }, i: null, j: "", k: "a]b", token: "t" })
    ),
    'funding-service - INFO - [a="b c" d="e\\"f" g={"h":[1]} i=null j="" k="a]b" token=[redacted]] - x',
  );
});

test("the exception comes on indented lines after the message", () => {
  const error = new Error("boom", { cause: new TypeError("why") });
  error.stack = "Error: boom\n    at here:1:1";
  (error.cause as Error).stack = "TypeError: why\n    at there:2:2";
  assert.equal(
    write((log) => log.error("Failed", { error, item: 7 })),
    "funding-service - ERROR - [item=7] - Failed\n    Error: boom\n        at here:1:1\n" +
      "    Caused by: TypeError: why\n        at there:2:2",
  );
});

test("no text of a caller can forge a line, move the cursor or turn the direction of writing", () => {
  const evil = "a\n2024-01-15 10:30:45.123 - x - INFO - forged\r\x1b[2J\x9b\x7f\u2028\u202e";
  const error = new Error(evil);
  const line = write((log) => log.error(evil, { a: evil, [evil]: 1, nested: { b: evil }, error }));
  const [first, ...others] = line.split("\n");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(line.replaceAll("\n", ""), /[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
  assert.match(
    first!,
    /^funding-service - ERROR - \[.*\] - a\\n2024.*forged\\r\\u001b\[2J\\u009b\\u007f\\u2028\\u202e$/,
  );
  assert.ok(others.length > 0);
  assert.ok(others.every((other) => other.startsWith("    ")), line);
});

test("a console that is no terminal gets no colours", () => {
  using _ = withEnv({ NO_COLOR: undefined });
  using _terminal = asTerminal(false);
  const lines: string[] = [];
  using _log = withConsole("log", (line) => lines.push(String(line)));
  createLogger("catalog", { format: "console", file: false }).info("x");
  assert.ok(!lines[0]!.includes("\x1b"));
});

test("a terminal gets colours unless NO_COLOR is set, and a sink never", () => {
  using _ = withEnv({ NO_COLOR: undefined });
  using _terminal = asTerminal(true);
  const lines: string[] = [];
  using _log = withConsole("log", (line) => lines.push(String(line)));
  const print = () => createLogger("catalog", { format: "console", file: false }).info("x");
  print();
  assert.ok(lines[0]!.includes("\x1b[32mINFO\x1b[0m"), lines[0]!);
  using _noColour = withEnv({ NO_COLOR: "1" });
  print();
  assert.ok(!lines[1]!.includes("\x1b"));
  using _colour = withEnv({ NO_COLOR: undefined });
  assert.ok(!write((log) => log.info("x")).includes("\x1b"));
});
