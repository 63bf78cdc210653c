/** What `deno task start` downloads on a machine where nothing is cached. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { it } from "node:test";
import { development, npmImports, project, root } from "../../scripts/_project.ts";
import { startChild } from "../_support/child_process.ts";
import { urlOf } from "../_support/credits_example.ts";

it("deno task start downloads what the package needs, nothing of its tests, and warns of nothing", async () => {
  const folder = await mkdtemp(`${tmpdir()}/glam-cold-`);
  const dataDir = `.data/cold-${crypto.randomUUID().slice(0, 8)}`; // the task may write nowhere else
  const { DATABASE_URL: _, ...environment } = process.env;
  const env = {
    ...environment,
    DENO_DIR: `${folder}/deno`,
    CREDITS_DATA_DIR: dataDir,
    PORT: "0",
    NO_COLOR: "1",
  };
  try {
    await using credits = startChild(Deno.execPath(), ["task", "start"], { cwd: root, env });
    await urlOf(credits);
    const said = credits.errors().split("\n").filter((line) => line !== "");
    assert.deepEqual(said.filter((line) => !/^(Download|Task) /.test(line)), []);
    const downloaded = said.flatMap((line) => /^Download \S+\.org\/(\S+)\/-\//.exec(line)?.[1] ?? []);
    assert.ok(downloaded.includes("hono"), credits.errors());
    const own = new Set(npmImports(project).map(({ name }) => name));
    const ofTests = npmImports(development).map(({ name }) => name).filter((name) => !own.has(name));
    // prom-client brings the API of OpenTelemetry.
    assert.deepEqual(downloaded.filter((name) => ofTests.includes(name)), ["@opentelemetry/api"]);
    assert.ok(downloaded.length < 35, `${downloaded.length} packages: ${downloaded.join(", ")}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(`${root}/${dataDir}`, { recursive: true, force: true });
  }
});
