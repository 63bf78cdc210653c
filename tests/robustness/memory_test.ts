import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { byExtent } from "../_support/extent.ts";

const { requests, ids, limit } = byExtent({
  whole: { requests: 100_000, ids: 10_000, limit: 5 },
  short: { requests: 10_000, ids: 1_000, limit: 1 },
});
const MIB = 1024 * 1024;

/** What _memory_child.ts prints. */
interface Report {
  readonly before: number;
  readonly after: number;
  readonly metrics: string;
}

/** How this runtime runs a program that may collect garbage. */
function runtimeArguments(): string[] {
  if ("Deno" in globalThis) return ["run", "--allow-all", "--quiet", "--v8-flags=--expose-gc"];
  return "Bun" in globalThis ? ["run"] : ["--expose-gc"];
}

describe(`${requests} requests with ${ids} ids, a quarter of them to paths that nobody has`, () => {
  let report: Report;

  before(async () => {
    const child = fileURLToPath(new URL("./_memory_child.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...runtimeArguments(), child, String(requests), String(ids)],
      { maxBuffer: 10 * MIB },
    );
    report = JSON.parse(stdout);
  });

  it(`leave the heap within ${limit} MB of where it was`, () => {
    const grown = (report.after - report.before) / MIB;
    assert.ok(
      grown < limit,
      `the heap grew by ${grown.toFixed(1)} MiB, from ${(report.before / MIB).toFixed(1)}`,
    );
  });

  it("add at most one metric series for each method and status", () => {
    const series = report.metrics.split("\n").filter((line) => line.startsWith("http_requests_total{"));
    const unmatched = series.filter((line) => line.includes('endpoint="unmatched"'));
    const keys = unmatched.map((line) =>
      [/method="([^"]+)"/.exec(line)?.[1], /status="([^"]+)"/.exec(line)?.[1]].join(" ")
    );
    assert.deepEqual(keys.sort(), ["DELETE 405", "GET 404", "HEAD 404", "POST 404", "PUT 404"]);
    assert.equal(series.length - unmatched.length, 1, series.join("\n")); // GET 200 of /items/{id}
    assert.ok(
      !/(request|correlation)-\d|nobody|has-/.test(report.metrics),
      "no id and no path is in the metrics",
    );
  });
});
