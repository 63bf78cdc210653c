import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "node:test";
import type { RunningChild } from "../_support/child_process.ts";
import { operator, variables } from "../_support/credits_callers.ts";
import { demoHeaders, startCredits, urlOf } from "../_support/credits_example.ts";

function json(body: unknown): RequestInit {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

async function statusOf(url: string, init: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.text();
  return response.status;
}

async function stop(credits: RunningChild): Promise<unknown> {
  credits.signal("SIGTERM");
  const { code, signal } = await credits.ended();
  return [code, signal];
}

describe("the credits service as a process", () => {
  let data: string;
  before(async () => {
    data = await mkdtemp(`${tmpdir()}/glam-credits-`);
  });
  after(() => rm(data, { recursive: true, force: true }));

  const start = (variables: Record<string, string> = {}) =>
    startCredits({ CREDITS_DATA_DIR: data, ...variables });

  it("prints its address, three requests to try and where they are described, answers them, and stops with exit code 0", async () => {
    await using credits = start();
    const address = await urlOf(credits);
    const commands = credits.out().split("\n").filter((line) => line.trim().startsWith("curl "));
    assert.equal(commands.length, 3);
    for (const command of commands) {
      const url = /http:\/\/[^\s']+/.exec(command)![0];
      assert.ok(url.startsWith(`${address}/`), command);
      assert.ok(command.includes('-H "authorization: Bearer $TOKEN"'), command);
      assert.equal(command.includes(" -d "), command.includes('-H "idempotency-key: $(date +%s)"'), command);
      const init = command.includes(" -d ") ? json(JSON.parse(/-d '([^']*)'/.exec(command)![1]!)) : {};
      assert.equal(await statusOf(url, init), 401);
      const response = await fetch(url, { ...init, headers: { ...init.headers, ...demoHeaders(credits) } });
      assert.ok(response.ok, `${command}: ${response.status}`);
      assert.equal(response.headers.get("x-service-name"), "credits");
      await response.text();
    }
    const [page] = /http:\S+\/docs$/m.exec(credits.out())!;
    assert.match(await (await fetch(page)).text(), /Take credits off an account/);
    assert.deepEqual(await stop(credits), [0, null]);
  });

  it("keeps its data from one start to the next, and lets no second process use them", async () => {
    await using first = start();
    const url = `${await urlOf(first)}/api/v1/merchants/demo`;
    const response = await fetch(url, { headers: demoHeaders(first) });
    assert.equal((await response.json() as { data: { balance: number } }).data.balance, 70);
    await using second = start();
    const { code, out, errors } = await second.ended();
    assert.equal(code, 1);
    assert.match(
      out + errors,
      /CRITICAL - Cannot start "credits": .* is in use by process \d+: stop that, or take another folder$/m,
    );
    assert.deepEqual(await stop(first), [0, null]);
  });

  it("prints no token where it is told whose tokens it takes, and in production wants to be told", async () => {
    await using credits = start(await variables());
    const url = `${await urlOf(credits)}/api/v1/merchants/demo`;
    assert.doesNotMatch(credits.out(), /TOKEN=ey/);
    const { headers } = await operator();
    assert.equal(await statusOf(url, { headers }), 200);
    assert.deepEqual(await stop(credits), [0, null]);
    await using production = start({ APP_ENV: "prod" });
    const { code, out, errors } = await production.ended();
    assert.equal(code, 1);
    assert.match(out + errors, /auth\.jwks/);
  });

  it("says in a line when it cannot reach its database", async () => {
    await using credits = start({ DATABASE_URL: "postgres://app:s3cret@127.0.0.1:1/credits" });
    const { code, out, errors } = await credits.ended();
    assert.equal(code, 1);
    assert.match(
      out + errors,
      /CRITICAL - Cannot start "credits": Cannot connect to the database "credits" at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
    assert.doesNotMatch(out + errors, /s3cret|\n\s+at /);
  });

  it("says what to do when its port is in use", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    try {
      await using credits = start({ PORT: String(port) });
      const { code, out, errors } = await credits.ended();
      assert.notEqual(code, 0);
      assert.match(out + errors, /in use/i);
    } finally {
      blocker.close();
    }
  });
});
