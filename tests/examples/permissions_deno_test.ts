/** Runs the example with exactly the permissions that docs/service.md names, and that `deno task start` gives. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { project, root } from "../../scripts/_project.ts";
import { runChild, startChild } from "../_support/child_process.ts";
import { demoHeaders, urlOf } from "../_support/credits_example.ts";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";

const main = `${root}/examples/credits/main.ts`;
const page = await readFile(`${root}/docs/service.md`, "utf8");

/** The flags of a line such as `deno run --allow-net main.ts`. */
function flagsOf(line: string | undefined): string[] {
  assert.ok(line !== undefined);
  return line.split(" ").filter((word) => word.startsWith("-"));
}

/** The flags that the page names for a service in this situation. */
function flagsOfPage(situation: string): string[] {
  return flagsOf(new RegExp(`^(deno run .*) # .*${situation}`, "m").exec(page)?.[1]);
}

/** Starts the example, lets it deduct credits, which publishes an event, and stops it. */
async function serves(flags: readonly string[], env: Record<string, string>): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "glam-permissions-"));
  try {
    const { DATABASE_URL: _, ...environment } = process.env;
    const args = ["run", "--no-prompt", "--no-check", "--quiet", ...flags, main];
    const options = { cwd, env: { ...environment, PORT: "0", NO_COLOR: "1", ...env } };
    await using credits = startChild(Deno.execPath(), args, options);
    const merchant = `${await urlOf(credits)}/api/v1/merchants/demo`;
    const headers = demoHeaders(credits);
    const response = await fetch(`${merchant}/credits/deduct`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": "a", ...headers },
      body: '{"amount":30}',
    });
    assert.equal(response.status, 201, await response.text());
    await credits.reaches(async () => {
      const { data } = await (await fetch(`${merchant}/usage`, { headers })).json() as { data: unknown[] };
      return data.length === 1;
    }, "the event has come");
    if (env["DATABASE_URL"] === undefined) {
      const second = await runChild(Deno.execPath(), args, options);
      assert.match(second.out + second.errors, /credits is in use by process \d+: stop that/);
    }
    credits.signal("SIGTERM");
    const { code, out, errors } = await credits.ended();
    assert.equal(code, 0, out + errors);
    assert.doesNotMatch(out + errors, /NotCapable|--allow-/);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

describe("the permissions of the example", () => {
  it("are those of deno task start, with the embedded Postgres", async () => {
    const flags = flagsOf((project as unknown as { tasks: Record<string, string> }).tasks["start"]);
    assert.deepEqual(flags, flagsOfPage("embedded Postgres"));
    const { fleet } = (project as unknown as { tasks: Record<string, string> }).tasks; // tried by fleet_process_test.ts
    assert.deepEqual(flagsOf(fleet), flags);
    await serves(flags, {});
  });

  it("are fewer on a Postgres and NATS", async () => {
    await using nats = await startNats({ accounts: false });
    await using db = await createTestDatabase();
    const flags = flagsOfPage("servers").map((flag) =>
      flag === "--allow-read=." ? `--allow-read=${root}/examples/credits` : flag
    );
    await serves(flags, {
      DATABASE_URL: db.url,
      NATS_SERVERS: nats.url,
      CREDITS_DATABASE__SCHEMA: db.schema,
    });
  });
});
