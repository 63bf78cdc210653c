import assert from "node:assert/strict";
import { after, it } from "node:test";
import { connectNats, createOutbox, ensureStreams } from "@glam/shared/messaging";
import { createScheduler, defineSchedule } from "@glam/shared/schedule";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { exchange } from "../_support/raw_http.ts";
import { bury } from "../ops/_support.ts";
import { glam, startGlam } from "./_glam.ts";

const nats = await startNats();
after(() => nats.stop());

/** A fleet with a dead letter, and `glam ops` on it. */
async function startOps(...flags: string[]) {
  const account = nats.account();
  const bus = await connectNats({ servers: nats.url, ...account });
  await ensureStreams(bus);
  const sequence = await bury(bus);
  const env = { NATS_USER: account.user, NATS_PASSWORD: account.pass };
  const running = startGlam(["ops", "--servers", nats.url, ...flags], { env });
  const line = await running.reaches(
    () => /^(http:\/\/127\.0\.0\.1:\d+\/)\?token=([0-9a-f]{48})$/m.exec(running.out()),
    "it prints a URL",
  );
  const [opened, url, token] = line as unknown as [string, string, string];
  return {
    bus,
    running,
    sequence,
    url,
    token,
    opened,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await bus.close();
    },
  };
}

/** Opens the URL as a browser does, and gives its cookie. */
async function login(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), "/");
  const cookie = response.headers.get("set-cookie")!;
  assert.match(cookie, /^glam_ops_\d+=[0-9a-f]{48}; Path=\/; HttpOnly; SameSite=Strict$/);
  await response.body?.cancel();
  return cookie.split(";")[0]!;
}

const statusOf = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, { redirect: "manual", ...init });
  await response.body?.cancel();
  return response.status;
};

it("glam ops opens the page of the fleet by a token that counts once, and is never logged", async () => {
  await using ops = await startOps();
  assert.equal(await statusOf(ops.url), 404);
  assert.equal(await statusOf(`${ops.url}dead-letters`), 404);
  assert.equal(await statusOf(`${ops.url}?token=${"0".repeat(48)}`), 404);
  assert.equal(await statusOf(`${ops.url}?token=`), 404);
  const cookie = await login(ops.opened);
  assert.equal(await statusOf(ops.opened), 404); // a second time
  const headers = { cookie };
  const page = await (await fetch(ops.url, { headers })).text();
  assert.match(page, /Dead letters/);
  assert.ok(!page.includes(ops.token) && !page.includes(cookie.split("=")[1]!));
  for (
    const path of ["fleet", "dead-letters", `dead-letters/${ops.sequence}`, "streams", "outbox", "trail"]
  ) {
    assert.equal(await statusOf(ops.url + path, { headers }), 200, path);
  }
  assert.equal(await statusOf(ops.url, { headers: { cookie: `${cookie}0` } }), 404);
  assert.equal(await statusOf(ops.url.replace("127.0.0.1", "localhost"), { headers }), 200);
  // A page of another site whose name points to this machine: the browser sends that name, and cookies of it at most.
  const port = Number(new URL(ops.url).port);
  for (
    const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      "localhost:1",
      `127.0.0.1.evil.example:${port}`,
    ]
  ) {
    const bytes = `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
    assert.equal((await exchange(port, bytes)).responses[0]?.status, 404, host);
  }
  ops.running.signal("SIGINT");
  await ops.running.exited();
  const lines = `${ops.running.out()}${ops.running.errors()}`.replace(ops.opened, "");
  assert.ok(!lines.includes(ops.token), lines);
  assert.match(lines, /"action":"payload.show"|action=payload.show|payload.show/);
});

it("glam ops only looks, unless changes are allowed", async () => {
  const post = (url: string, cookie: string) =>
    statusOf(`${url}dead-letters/purge`, {
      method: "POST",
      body: new URLSearchParams({ subject: "evt.>" }),
      headers: { cookie, "Sec-Fetch-Site": "same-origin", Origin: new URL(url).origin },
    });
  {
    await using ops = await startOps();
    const cookie = await login(ops.opened);
    assert.equal(await post(ops.url, cookie), 404);
    assert.equal((await ops.bus.streamInfo("GLAM_DLQ"))!.messages, 1);
  }
  await using ops = await startOps("--allow-changes");
  const cookie = await login(ops.opened);
  assert.equal(
    await statusOf(`${ops.url}dead-letters/purge`, {
      method: "POST",
      headers: { cookie, Origin: "http://evil.example" },
    }),
    403,
  );
  assert.equal(await post(ops.url, cookie), 200);
  assert.equal((await ops.bus.streamInfo("GLAM_DLQ"))!.messages, 0);
});

it("glam ops shows the outbox and the schedules of a database that has them", async () => {
  await using db = await createTestDatabase();
  const flags = ["--database-url", db.url, "--schema", db.schema];
  {
    await using ops = await startOps(...flags);
    const headers = { cookie: await login(ops.opened) };
    const text = async (path: string) => await (await fetch(ops.url + path, { headers })).text();
    assert.match(await text("outbox"), /given no outbox/);
    assert.match(await text("schedules"), /given no scheduler/);
    assert.match(await text(""), /Database/);
  }
  await createOutbox(db, { service: "shop" }).ensureTable();
  const nightly = defineSchedule("nightly", { cron: "0 3 * * *", run: () => {} });
  await using scheduler = createScheduler(db, { jobs: [nightly] });
  await scheduler.ensureTable();
  await scheduler.start();
  await using ops = await startOps(...flags, "--allow-changes");
  const headers = { cookie: await login(ops.opened) };
  const text = async (path: string) => await (await fetch(ops.url + path, { headers })).text();
  assert.match(await text("outbox"), /Pending/);
  assert.match(await text("schedules"), /nightly/);
  const changed = await fetch(`${ops.url}schedules/pause`, {
    method: "POST",
    body: new URLSearchParams({ name: "nightly" }),
    headers: { ...headers, Origin: new URL(ops.url).origin },
  });
  assert.match(await changed.text(), /Paused: nightly/);
  assert.equal((await scheduler.list())[0]?.state, "paused");
});

it("glam events trail prints what is stored under a correlation id, newest first", async () => {
  const account = nats.account();
  await using bus = await connectNats({ servers: nats.url, ...account });
  await ensureStreams(bus);
  for (const id of ["corr_a", "corr_b", "corr_a"]) {
    await bus.publish({
      subject: "evt.order.placed.v1",
      data: JSON.stringify({ correlation_id: id, data: {} }),
    });
  }
  const env = { NATS_USER: account.user, NATS_PASSWORD: account.pass };
  const options = ["--servers", nats.url, "--since", "1h"];
  const { out, code } = await glam(["events", "trail", "corr_a", "--json", ...options], { env });
  assert.equal(code, 0);
  const lines = out.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ stream, sequence }) => [stream, sequence]), [["GLAM_EVENTS", 3], [
    "GLAM_EVENTS",
    1,
  ]]);
  assert.equal((await glam(["events", "trail", "a b", ...options], { env })).code, 2);
});
