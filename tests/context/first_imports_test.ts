import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTestDatabase } from "../_support/postgres.ts";

const run = promisify(execFile);
const child = fileURLToPath(new URL("./_first_imports_child.ts", import.meta.url));

/** Sends a service of its own these requests, each with another one after it. */
async function requests(
  how: "bare" | "service",
  ...queries: string[]
): Promise<{ statuses: number[]; ids: number }> {
  await using db = await createTestDatabase();
  const before = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const { stdout } = await run(process.execPath, [...before, child, how, ...queries], {
    env: { ...process.env, DATABASE_URL: db.url, SCHEMA: db.schema },
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

it("what this package imports first in a request leaves later ones out of its context and transaction", async () => {
  assert.deepEqual(await requests("bare", "?a", "?b"), { statuses: [200, 200, 200, 200], ids: 4 });
});

it("what an application imports first in a transaction leaves later requests out of it", async () => {
  assert.deepEqual(await requests("service", "?own", "?b"), { statuses: [200, 200, 200, 200], ids: 4 });
});
