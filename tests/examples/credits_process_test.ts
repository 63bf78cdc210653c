import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../_support/postgres.ts";

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

describe("the credits service as a process", () => {
  let data: string;
  before(async () => {
    data = await mkdtemp(`${tmpdir()}/glam-credits-`);
  });
  after(() => rm(data, { recursive: true, force: true }));

  it("prints its address and three requests to try, answers them, and stops with exit code 0", async () => {
    const port = await freePort();
    const { child, output } = start(port, data);
    await until(() => output().includes("/ledger?limit=1"), child, output);
    const commands = output().split("\n").filter((line) => line.trim().startsWith("curl "));
    assert.equal(commands.length, 3);
    for (const command of commands) {
      const url = /http:\/\/[^\s']+/.exec(command)![0];
      const init = command.includes(" -d ") ? json(JSON.parse(/-d '([^']*)'/.exec(command)![1]!)) : {};
      const response = await fetch(url, init);
      assert.ok(response.ok, `${command}: ${response.status}`);
      assert.equal(response.headers.get("x-service-name"), "credits");
      await response.text();
    }
    process.kill(child.pid!, "SIGTERM"); // child.kill() on Deno reports the signal whatever the process made of it
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("keeps its data from one start to the next", async () => {
    const port = await freePort();
    const { child, output } = start(port, data);
    await until(() => output().includes("/ledger?limit=1"), child, output);
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/merchants/demo`);
    assert.equal((await response.json() as { data: { balance: number } }).data.balance, 70);
    process.kill(child.pid!, "SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("lets no second process use its data", async () => {
    const port = await freePort();
    const first = start(port, data);
    await until(() => first.output().includes("/ledger?limit=1"), first.child, first.output);
    const second = start(await freePort(), data);
    assert.deepEqual(await once(second.child, "exit"), [1, null]);
    assert.match(
      second.output(),
      /^Cannot start: .* is in use by process \d+: stop that, or take another folder$/m,
    );
    process.kill(first.child.pid!, "SIGTERM");
    assert.deepEqual(await once(first.child, "exit"), [0, null]);
  });

  it("says in a line when it cannot reach its database", async () => {
    const { child, output } = start(await freePort(), data, {
      DATABASE_URL: "postgres://app:s3cret@127.0.0.1:1/credits",
    });
    assert.deepEqual(await once(child, "exit"), [1, null]);
    assert.match(
      output(),
      /^Cannot start: Cannot connect to the database "credits" at 127\.0\.0\.1:1: .*ECONNREFUSED/m,
    );
    assert.doesNotMatch(output(), /s3cret|\n\s+at /);
  });

  it("says what to do when its port is in use", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    const { child, output } = start(port, data);
    const [code] = await once(child, "exit");
    blocker.close();
    assert.notEqual(code, 0);
    assert.match(output(), /in use/i);
  });
});

function start(
  port: number,
  data: string,
  more: Record<string, string> = {},
): { child: ChildProcess; output: () => string } {
  const main = fileURLToPath(new URL("../../examples/credits/main.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", main] : [main];
  const { DATABASE_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    env: { ...env, PORT: String(port), CREDITS_DATA_DIR: data, NO_COLOR: "1", ...more },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => text += chunk);
  return { child, output: () => text };
}

async function until(condition: () => boolean, child: ChildProcess, output: () => string): Promise<void> {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
