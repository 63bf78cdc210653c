import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { grafanaDashboard, prometheusRules } from "@glam/shared/ops";
import { startGlam } from "./_glam.ts";
import type { ChildResult } from "../_support/child_process.ts";

async function glam(...args: string[]): Promise<ChildResult> {
  await using child = startGlam(args);
  return await child.ended();
}

describe("glam ops rules", () => {
  it("writes the rules of all services to standard output, or of one into a file", async () => {
    const all = await glam("ops", "rules");
    assert.equal(all.code, 0, all.errors);
    assert.equal(all.out, prometheusRules());

    const folder = await mkdtemp(join(tmpdir(), "glam-cli-ops-"));
    try {
      const path = join(folder, "rules.yml");
      const flags =
        "--service credits --availability 0.9995 --latency 0.5 --latency-ratio 0.95 --min-failures 3 --memory-limit 512000000 --runbook https://wiki.example.com/x";
      const one = await glam("ops", "rules", ...flags.split(" "), "--output", path);
      assert.deepEqual([one.code, one.out, one.errors], [0, "", `Wrote ${path}\n`]);
      assert.equal(
        await readFile(path, "utf8"),
        prometheusRules({
          service: "credits",
          objectives: { availability: 0.9995, latency: { seconds: 0.5, ratio: 0.95 } },
          minFailures: 3,
          memoryLimitBytes: 512_000_000,
          runbookUrl: "https://wiki.example.com/x",
        }),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("leaves out alerts of latency, and says what is wrong with an objective", async () => {
    const { out } = await glam("ops", "rules", "--no-latency-alerts");
    assert.equal(out, prometheusRules({ objectives: { latency: false } }));
    const wrong = await glam("ops", "rules", "--latency", "0.3");
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.errors,
      /Expected `objectives\.latency\.seconds` to be a bound of the buckets, .* got 0\.3/,
    );
  });
});

describe("glam ops dashboard", () => {
  it("writes the dashboard of all services or of one", async () => {
    const all = await glam("ops", "dashboard");
    assert.equal(all.code, 0, all.errors);
    assert.deepEqual(JSON.parse(all.out), grafanaDashboard());
    const one = await glam(
      "ops",
      "dashboard",
      "--service",
      "credits",
      "--title",
      "Credits",
      "--uid",
      "credits",
    );
    assert.deepEqual(
      JSON.parse(one.out),
      grafanaDashboard({ service: "credits", title: "Credits", uid: "credits" }),
    );
  });
});
