import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { Hono } from "hono";
import { recordingLogger } from "../_support/recording_logger.ts";
import { startService } from "./_processes.ts";
import { testService } from "./_support.ts";

const { logger } = recordingLogger();

describe("the version of a service", () => {
  const scraped = async (options: { version?: string }) => {
    const app = new Hono();
    app.use(glamMiddleware({ service: "catalog", logger }));
    const { service } = testService({ app, ...options });
    await using _service = service;
    await service.start();
    const text = await (await fetch(`${service.address?.url}/metrics`)).text();
    await (await fetch(`${service.address?.url}/metrics`)).text();
    const report = await (await fetch(`${service.address?.url}/api/v1/health`)).json() as {
      data: { version?: string };
    };
    const lines = text.split("\n").filter((line) => line.startsWith("glam_build_info"));
    return { lines, reported: report.data.version, own: await service.health(), version: service.version };
  };

  it("is in the report and in glam_build_info, with runtime and package", async () => {
    const { lines, reported, own, version } = await scraped({ version: "7.1.0" });
    assert.deepEqual([reported, own.version, version], ["7.1.0", "7.1.0", "7.1.0"]);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /^glam_build_info\{service="catalog",version="7\.1\.0",runtime="(bun|deno|node) \d+\.\d+\.\d+[^"]*",package="[^"]+"\} 1$/,
    );
  });

  it("is looked for at the start where none is given", async () => {
    await using child = startService({});
    assert.match(String((await child.logged("Service ready"))["version"]), /^\d+\.\d+\.\d+/);
  });
});
