import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { waitFor } from "../_support/wait_for.ts";
import { type DevService, devService, interrupt, urlOf } from "./_dev_service.ts";

describe("glam dev", () => {
  let service: DevService;
  before(async () => {
    service = await devService();
  });
  after(() => service[Symbol.asyncDispose]());

  it("waits for a change when the service crashes, and leaves nothing behind when it is killed", async () => {
    await using first = service.start([], service.withServers);
    await service.edit("main.ts", (text) => `throw new Error("broken");\n${text}`);
    await first.reaches(() => /orders ended with 1\. It starts again/.test(first.errors()), "it has crashed");
    first.signal("SIGKILL");
    await first.ended();

    await using second = service.start([], service.withServers);
    await second.reaches(
      () => /orders ended with 1\. It starts again/.test(second.errors()),
      "it crashes again",
    );
    await service.edit("main.ts", (text) => text.replace('throw new Error("broken");\n', ""));
    const url = await urlOf(second);
    second.signal("SIGKILL");
    await second.ended();
    await waitFor(() => fetch(url).then(() => false, () => true), "the service has ended, too");
  });

  it("says what the embedded servers mean, and ends while the service starts", async () => {
    await using running = service.start(["--embedded"], service.withServers);
    await running.reaches(() => running.errors().includes("NATS:"), "it says what there is");
    assert.match(running.errors(), /Postgres: embedded \(as you asked\): data are kept .* only the service/);
    assert.match(running.errors(), /NATS: in memory \(as you asked\): events end with each restart/);
    await interrupt(running);
  });
});
