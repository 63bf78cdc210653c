import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createService, runService } from "@glam/shared/service";
import { startRun } from "./_processes.ts";

describe("runService", () => {
  const failures = [
    ["configuration", /^Cannot start "test": .*service\.port/s, false],
    ["database", /^Cannot start "test": Cannot connect to the database "credits" at 127\.0\.0\.1:1/, false],
    ["bus", /^Cannot start "test": Cannot connect to nats:\/\/127\.0\.0\.1:1: connection refused/, false],
    ["wrong option", /^Cannot start "test": Expected `name`/, true],
    ["timer", /^Cannot start "test": Uncaught exception: thrown later$/, true],
  ] as const;
  for (const [what, message, hasStack] of failures) {
    it(`says in one line that its ${what} is at fault, with exit code 1`, async () => {
      await using child = startRun(what);
      assert.equal(await child.exited(), 1, child.output());
      const line = child.lines.find(({ level }) => level === "CRITICAL");
      assert.match(line!.message, message);
      assert.equal(
        line!["error"] !== undefined || line!["exception"] !== undefined,
        hasStack,
        child.output(),
      );
      const others = child.output().trimEnd().split("\n").filter((text) => !text.startsWith("{"));
      assert.deepEqual(others, []);
      assert.equal(child.lines.filter(({ level }) => level === "CRITICAL").length, 1);
      assert.doesNotMatch(child.output(), /s3cret/);
    });
  }

  it("runs the service that is made, and stops it at a signal", async () => {
    await using child = startRun("nothing");
    assert.equal((await fetch(`${await child.url}/health/live`)).status, 200);
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 0, child.output());
    assert.equal(child.lines.at(-1)?.message, "Service stopped");
  });

  it("ends at a signal before the service is made, with exit code 0", async () => {
    await using child = startRun("slow");
    await child.logged("It takes its time");
    child.signal("SIGTERM");
    assert.equal(await child.exited(), 0, child.output());
    assert.equal(child.lines.at(-1)?.message, "Service stopped before it was made");
  });

  it("refuses what is no name and what makes no service", async () => {
    await assert.rejects(runService("", () => createService({ name: "test" })), TypeError);
    await assert.rejects(runService("test", undefined as never), TypeError);
  });
});
