import assert from "node:assert/strict";
import process from "node:process";
import { it, mock } from "node:test";
import { onInterrupt, STOPPED } from "../../cli/_interrupt.ts";

it("Ctrl-C that a task runner forwards counts once, and a person's second one ends the process", () => {
  const exit = mock.method(process, "exit", () => {});
  const clock = mock.method(performance, "now", () => 1000);
  try {
    using interrupt = onInterrupt();
    process.emit("SIGINT");
    assert.equal(interrupt.signal.aborted, true);
    clock.mock.mockImplementation(() => 1200);
    process.emit("SIGINT");
    assert.equal(exit.mock.callCount(), 0);
    clock.mock.mockImplementation(() => 2000);
    process.emit("SIGINT");
    assert.deepEqual(exit.mock.calls.map((call) => call.arguments), [[STOPPED]]);
  } finally {
    mock.restoreAll();
  }
});
