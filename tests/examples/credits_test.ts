import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { LoggerLike } from "@glam/shared/api";
import { createApp } from "../../examples/credits/app.ts";
import { CreditStore } from "../../examples/credits/store.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const SILENT: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

describe("the credits service", () => {
  const create = () => createApp(new CreditStore(), { logger: SILENT });
  const newMerchant = json({ id: "acme", domain: "acme.example.com", credits: 100 });

  it("creates a merchant once, and tells where it is", async () => {
    const app = create();
    const response = await app.request("/api/v1/merchants", newMerchant);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("location"), "/api/v1/merchants/acme");
    assert.deepEqual((await response.json() as Json).data, {
      id: "acme",
      domain: "acme.example.com",
      balance: 100,
    });
    const again = await app.request("/api/v1/merchants", newMerchant);
    assert.equal(again.status, 409);
    assert.equal((await again.json() as Json).error.code, "CONFLICT");
  });

  it("deducts credits, and refuses what the balance does not cover as a conflict", async () => {
    const app = create();
    await app.request("/api/v1/merchants", newMerchant);
    const deduct = (amount: unknown) =>
      app.request("/api/v1/merchants/acme/credits/deduct", json({ amount }));
    const first = await deduct(30);
    assert.equal(first.status, 201);
    assert.equal((await first.json() as Json).data.balance_after, 70);
    const second = await deduct(71);
    assert.equal(second.status, 409);
    assert.deepEqual((await second.json() as Json).error, {
      code: "INSUFFICIENT_CREDIT",
      message: "Insufficient credit",
      details: { balance: 70, requested: 71 },
    });
    for (const amount of [0, -1, 1.5, "1"]) assert.equal((await deduct(amount)).status, 422);
    assert.equal((await (await app.request("/api/v1/merchants/acme")).json() as Json).data.balance, 70);
  });

  it("pages through the ledger, the newest entry first", async () => {
    const app = create();
    await app.request("/api/v1/merchants", newMerchant);
    for (const amount of [1, 2, 3]) {
      await app.request("/api/v1/merchants/acme/credits/deduct", json({ amount, reason: `use ${amount}` }));
    }
    const page = await (await app.request("/api/v1/merchants/acme/ledger?limit=2")).json() as Json;
    assert.deepEqual(page.data.map((entry: Json) => [entry.amount, entry.reason]), [[-3, "use 3"], [
      -2,
      "use 2",
    ]]);
    assert.equal(page.pagination.total, 4);
    const next = await (await app.request(page.links.next)).json() as Json;
    assert.deepEqual(next.data.map((entry: Json) => entry.amount), [-1, 100]);
  });

  it("answers 404 for a merchant that does not exist, and 405 for a wrong method", async () => {
    const app = create();
    assert.equal((await app.request("/api/v1/merchants/nobody/ledger")).status, 404);
    assert.equal(
      (await app.request("/api/v1/merchants/nobody/credits/deduct", json({ amount: 1 }))).status,
      404,
    );
    const response = await app.request("/api/v1/merchants/nobody", { method: "DELETE" });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD"]);
  });
});

describe("the credits service as a process", () => {
  it("prints its address and three requests to try, answers them, and stops with exit code 0", async () => {
    const port = await freePort();
    const { child, output } = start(port);
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

  it("says what to do when its port is in use", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    const { child, output } = start(port);
    const [code] = await once(child, "exit");
    blocker.close();
    assert.notEqual(code, 0);
    assert.match(output(), /in use/i);
  });
});

function start(port: number): { child: ChildProcess; output: () => string } {
  const main = fileURLToPath(new URL("../../examples/credits/main.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", main] : [main];
  const child = spawn(process.execPath, args, { env: { ...process.env, PORT: String(port), NO_COLOR: "1" } });
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
