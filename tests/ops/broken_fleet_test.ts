// The example fleet, broken in five ways: each is found on its operations page, and put right from there.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { connectDatabase } from "@glam/shared/db";
import { connectNats, ensureStreams, type MessageBus, Streams } from "@glam/shared/messaging";
import { testIdentity } from "@glam/shared/testing";
import { exportJWK, generateKeyPair } from "jose";
import { OrderChanged } from "../../examples/fleet/orders/events.ts";
import { type RunningChild, startChild } from "../_support/child_process.ts";
import { addressesOf, type FleetAddresses, startFleet } from "../_support/fleet_example.ts";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { type PostgresServer, startPostgres } from "../_support/postgres.ts";

const root = new URL("../../", import.meta.url);

/** A tile of the overview. */
const tile = (kind: string, title: string, text = "") =>
  new RegExp(`tile ${kind}"><h2><a[^>]*>${title}</a></h2>(?:(?!</section>)[^])*${text}`);

describe("the operations page of the example fleet", () => {
  let nats: NatsServer;
  let postgres: PostgresServer;
  let bus: MessageBus;
  let fleet: RunningChild;
  let at: FleetAddresses;

  before(async () => {
    [nats, postgres] = await Promise.all([startNats({ accounts: false }), startPostgres()]);
    bus = await connectNats({ servers: nats.url });
    const variables = {
      DATABASE_URL: postgres.url,
      NATS_SERVERS: nats.url,
      ORDERS_PAY_WITHIN_SECONDS: "3600",
    };
    fleet = startFleet(variables);
    at = await addressesOf(fleet);
  });
  after(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await bus?.close();
    await Promise.all([nats?.stop(), postgres?.[Symbol.asyncDispose]()]);
  });

  const page = async (path: string, init: RequestInit = {}) =>
    await (await fetch(`${at.operations}${path}`, init)).text();

  /** Presses a button of the page. */
  const press = (path: string, fields: Readonly<Record<string, string>> = {}) =>
    page(path, { method: "POST", headers: { origin: at.operations }, body: new URLSearchParams(fields) });

  /** Waits until a page shows it. */
  async function shows(path: string, wanted: RegExp): Promise<string> {
    let text = "";
    const readable = () => text.replace(/<style[^]*<\/style>|<[^>]*>/g, " ").replace(/\s+/g, " ");
    await fleet.reaches(async () => wanted.test(text = await page(path)), `${path} shows ${wanted}`)
      .catch((error) => {
        throw new Error(`${path} shows ${wanted}, and not: ${readable()}`, { cause: error });
      });
    return text;
  }

  async function ask(path: string, method = "GET", body?: object) {
    const headers = {
      authorization: `Bearer ${at.token}`,
      "content-type": "application/json",
      "idempotency-key": crypto.randomUUID(),
    };
    const response = await fetch(`${at.orders}/api/v1/orders${path}`, {
      method,
      headers,
      ...body && { body: JSON.stringify(body) },
    });
    return { status: response.status, ...await response.json() };
  }

  async function placeOrder(): Promise<string> {
    const { status, data, error } = await ask("", "POST", { credits: 1 });
    assert.equal(status, 201, JSON.stringify(error));
    return data.id;
  }

  const historyOf = async (id: string): Promise<string> =>
    (await ask(`/${id}/history`)).data.map((entry: { status: string }) => entry.status).join(" ");

  /** Publishes events that no handler can take. */
  async function poison(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const subject = `${OrderChanged.subject}.p${n}`; // of a partition
      const data = JSON.stringify({
        event_id: crypto.randomUUID(),
        event_type: OrderChanged.subject,
        data: { n },
      });
      await bus.publish({ subject, data, headers: [["Glam-Key", String(n)]] });
    }
  }

  /** The path of the page of an instance of `orders` that runs a version. */
  async function instanceOf(version: RegExp): Promise<string> {
    const text = await shows("/fleet", version);
    const row = text.split("<tr").find((row) => row.includes("fleet/orders/") && version.test(row))!;
    return /href="\.\/(fleet\/orders\/[\w-]+)"/.exec(row)![1]!;
  }

  it("shows an event that a handler cannot take as a dead letter with its cause, and redrives it when that is mended", async () => {
    await using database = await connectDatabase({ url: postgres.url, schema: "orders" });
    await database.sql`alter table order_history add constraint oops check (status <> 'paid')`;
    const id = await placeOrder();
    assert.equal((await ask(`/${id}/pay`, "POST")).status, 200);
    await shows("/", tile("warn", "Dead letters", '<p class="big">1<'));
    const list = await shows("/dead-letters", /orders-history/);
    const [, sequence] = /dead-letters\/(\d+)">/.exec(list)!;
    const letter = await page(`/dead-letters/${sequence}`);
    assert.match(letter, /A value is not allowed[^]*The log of orders-history[^]*look for <code>/);
    const [, trail] = /trail\?id=([\w-]+)/.exec(letter)!;
    assert.match(await page(`/trail?id=${trail}`), /dead letter[^]*2 messages/);
    await database.sql`alter table order_history drop constraint oops`;
    assert.match(await press("/dead-letters/redrive", { sequence: sequence! }), /Redrove 1 of 1/);
    await fleet.reaches(async () => await historyOf(id) === "placed paid", "it is in the history");
    await shows("/", tile("good", "Dead letters", '<p class="big">0<'));
  });

  it("shows a database that is gone in red, and that it is back", async () => {
    await postgres.kill9();
    await shows("/", tile("bad", "Database", "no answer"));
    await shows("/", tile("bad", "Outbox"));
    await shows("/", tile("bad", "Fleet", "2 unhealthy: credits, orders"));
    await postgres.restart();
    await shows("/", tile("good", "Database"));
    await shows("/", tile("good", "Fleet"));
    const id = await placeOrder();
    await fleet.reaches(async () => await historyOf(id) === "placed", "it is in the history");
  });

  it("lets what the outbox gave up be tried again", async () => {
    await using database = await connectDatabase({ url: postgres.url, schema: "orders" });
    const id = await placeOrder();
    await shows("/outbox", /Pending<\/dt>\s*<dd>0</);
    await database.sql`
      update glam_outbox set status = 'dead', sent_at = null, last_error = 'gave up' where key = ${id}`;
    await shows("/", tile("bad", "Outbox", "1 dead event"));
    assert.match(await press("/outbox/retry"), /1 event will be tried again/);
    await shows("/", tile("good", "Outbox", "0 pending"));
    await fleet.reaches(async () => await historyOf(id) === "placed", "it is in the history, once");
  });

  it("shows what waits for a listener that somebody paused, and resumes it", async () => {
    const instance = await instanceOf(/orders/);
    const listener = { listener: "orders-history" };
    await press(`/${instance}/pause`, listener);
    const ids = await Promise.all(Array.from({ length: 10 }, placeOrder));
    await shows("/", tile("(?:warn|good)", "Streams", '<p class="big">10 waiting'));
    await shows("/streams", /orders-history/);
    await shows("/fleet", /badge warn">paused/);
    await press(`/${instance}/resume`, listener);
    await shows("/", tile("good", "Streams", '<p class="big">0 waiting'));
    for (const id of ids) assert.equal(await historyOf(id), "placed");
  });

  it("shows a full stream of dead letters in red, and makes room by deleting what nobody needs", async () => {
    await ensureStreams(bus, { streams: { dlq: { maxMessages: 3 } }, repair: true, again: true });
    const before = (await bus.streamInfo(Streams.DLQ))!.lastSequence;
    await poison(5);
    await shows("/", tile("bad", "Dead letters", "full: listeners wait for room"));
    await shows("/streams", /badge bad">full/);
    assert.match(await press("/dead-letters/purge", { subject: OrderChanged.subject }), /Deleted 3/);
    await fleet.reaches(
      async () => (await bus.streamInfo(Streams.DLQ))!.lastSequence === before + 5,
      "the others are written",
    );
    await press("/dead-letters/purge", { subject: OrderChanged.subject });
    await shows("/", tile("good", "Dead letters", '<p class="big">0<'));
  });

  it("tells an old version that still runs from the new one, and pauses its listener until it is stopped", async () => {
    const folder = await mkdtemp(`${tmpdir()}/glam-old-`);
    await using old = await startOld(folder);
    await shows("/", tile("warn", "Fleet", "orders runs 2 versions"));
    const instance = await instanceOf(/>0\.0\.9</);
    await shows(`/${instance}`, /127\.0\.0\.1:\d+/); // where to stop it
    await press(`/${instance}/pause`, { listener: "orders-history" });
    await shows(`/${instance}`, /badge warn">paused/);
    const id = await placeOrder();
    await fleet.reaches(async () => await historyOf(id) === "placed", "the new one handles it");
    old.signal("SIGTERM");
    await old.ended();
    await shows("/", tile("good", "Fleet", "3 instances"));
    await rm(folder, { recursive: true });
  });

  /** Starts another `orders`, of a version that is long gone. */
  async function startOld(folder: string): Promise<RunningChild> {
    const main = new URL("examples/fleet/orders/main.ts", root);
    await writeFile(`${folder}/deno.json`, '{ "version": "0.0.9" }');
    await writeFile(`${folder}/main.mjs`, `import ${JSON.stringify(main)};`);
    const flags = "Deno" in globalThis
      ? ["run", "-A", "--no-check", "--quiet", "--config", fileURLToPath(new URL("deno.json", root))]
      : [];
    const issuer = "https://id.fleet.test/";
    const { jwks } = await testIdentity({ issuer, audience: "orders" });
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    return startChild(process.execPath, [...flags, `${folder}/main.mjs`], {
      env: {
        ...process.env,
        PORT: "0",
        DATABASE_URL: postgres.url,
        NATS_SERVERS: nats.url,
        ORDERS_AUTH__ISSUER: issuer,
        ORDERS_AUTH__JWKS: JSON.stringify(jwks),
        ORDERS_CREDITS__PRIVATE_KEY: JSON.stringify({
          ...await exportJWK(privateKey),
          kid: "orders",
          alg: "ES256",
        }),
        ORDERS_CREDITS__URL: at.credits,
        ORDERS_DATABASE__SCHEMA: "orders",
      },
    });
  }
});
