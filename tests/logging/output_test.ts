import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "@glam/shared/logging";
import { withConsole } from "./_capture.ts";

const OPTIONS = { format: "json", file: false } as const;

test("what a sink throws is swallowed, and reported once on console.error without secrets", () => {
  const reports: unknown[] = [];
  using _ = withConsole("error", (text) => reports.push(text));
  let calls = 0;
  const log = createLogger("catalog", {
    ...OPTIONS,
    sink: () => {
      calls++;
      throw new Error("no route to https://user:hunter2@logs.test");
    },
  });
  log.info("a");
  log.child({ b: 1 }).error("b");
  assert.equal(calls, 2);
  assert.equal(reports.length, 1);
  assert.match(
    String(reports[0]),
    /^Logger of "catalog" cannot write: Error: no route to https:\/\/\[redacted\]@/,
  );
});

test("what a sink rejects with is swallowed, and reported once", async () => {
  const reports: unknown[] = [];
  using _ = withConsole("error", (text) => reports.push(text));
  const log = createLogger("catalog", { ...OPTIONS, sink: () => Promise.reject("disk full") });
  log.info("a");
  log.info("b");
  await log.flush();
  assert.equal(reports.length, 1);
  assert.match(String(reports[0]), /disk full/);
});

test("a console that throws is no problem of the caller", () => {
  const boom = () => {
    throw new Error("boom");
  };
  using _error = withConsole("error", boom);
  using _log = withConsole("log", boom);
  const log = createLogger("catalog", OPTIONS);
  log.info("a");
  log.error("b");
});

test("a sink that logs to its own logger does not go on for ever", () => {
  const reports: unknown[] = [];
  using _ = withConsole("error", (text) => reports.push(text));
  const lines: string[] = [];
  const log = createLogger("catalog", {
    ...OPTIONS,
    sink: (line) => {
      lines.push(line);
      log.info("again");
    },
  });
  log.info("a");
  log.info("b");
  assert.equal(lines.length, 2);
  assert.match(String(reports), /a sink logged to its own logger/);
});

test("a sink that throws does not keep the line from a record sink, nor one record sink from the next", () => {
  using _ = withConsole("error", () => {});
  const seen: string[] = [];
  const boom = () => {
    throw new Error("boom");
  };
  const log = createLogger("catalog", {
    ...OPTIONS,
    sink: boom,
    recordSinks: [boom, (record) => seen.push(record.message.join(""))],
  });
  log.info("a");
  assert.deepEqual(seen, ["a"]);
});
