import { connectNats, createPublisher, ensureStreams, type MessageBus } from "@glam/shared/messaging";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { fixtures, glam, glamCommand, glamOnTerminal, startGlam, startProcess } from "./_glam.ts";
import { OrderPlaced } from "./fixtures/events.ts";

describe("glam events", () => {
  let server: NatsServer;
  let bus: MessageBus;
  let env: Record<string, string>;
  before(async () => {
    server = await startNats();
  });
  after(() => server.stop());

  async function account(): Promise<AsyncDisposable> {
    const { user, pass } = server.account();
    env = { NATS_SERVERS: server.url, NATS_USER: user, NATS_PASSWORD: pass };
    bus = await connectNats({ servers: server.url, user, pass });
    await ensureStreams(bus);
    return bus;
  }

  async function publish(...totals: number[]): Promise<void> {
    const publisher = createPublisher(bus, { service: "shop" });
    for (const total of totals) await publisher.publish(OrderPlaced, { order_id: `o_${total}`, total });
  }

  describe("tail", () => {
    it("follows what matches from now on, ends after --count, and leaves no consumer behind", async () => {
      await using _ = await account();
      await publish(1);
      await using tail = startGlam(["events", "tail", "evt.order.>", "--count", "2", "--json"], { env });
      // What is stored before it has looked is not meant, so there is more than it takes.
      await waitFor(async () => {
        await publish(2);
        return tail.hasEnded();
      }, () => `it has what it waits for, and ends\n${tail.out()}${tail.errors()}`);
      const { code, out, errors } = await tail.ended();
      assert.deepEqual([code, errors], [0, ""]);
      const lines = out.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(lines.length, 2);
      assert.equal(lines[1].sequence, lines[0].sequence + 1);
      assert.deepEqual(
        [lines[0].subject, lines[0].stream, lines[0].body.source_service],
        ["evt.order.placed.v1", "GLAM_EVENTS", "shop"],
      );
      assert.notEqual(lines[0].body.data.total, 1);
      assert.match(lines[0].headers["Nats-Msg-Id"], /^evt\.order\.placed\.v1:/);
      assert.equal((await bus.streamInfo("GLAM_EVENTS"))?.consumers, 0);
    });

    it("shows the partitions of a subject with it, in the order of the stream", async () => {
      await using _ = await account();
      const subjects = [
        "evt.cart.paid.v1.p7",
        "evt.cart.paid.v1",
        "evt.cart.paid.v1.late",
        "evt.cart.paid.v1.p0",
      ];
      for (const subject of subjects) {
        await bus.publish({
          subject,
          data: "{}",
          headers: subject.endsWith(".late") ? [] : [["Glam-Key", "k"]],
        });
      }
      const args = ["events", "tail", "evt.cart.paid.v1", "--since", "1h", "--count", "3", "--json"];
      const { out } = await glam(args, { env });
      const shown = out.trim().split("\n").map((line) => JSON.parse(line).subject);
      assert.deepEqual(shown, [subjects[0], subjects[1], subjects[3]]);
    });

    it("begins with --since at what was stored then, in order, for people in a line each", async () => {
      await using _ = await account();
      await publish(1, 2, 3, 4, 5);
      const all = await glam(["events", "tail", "--since", "1h", "--count", "5"], { env });
      assert.deepEqual([all.code, all.errors], [0, ""]);
      const lines = all.out.trimEnd().split("\n");
      assert.match(
        lines[0]!,
        /^\d\d:\d\d:\d\d\.\d{3} {2}1 {2}evt\.order\.placed\.v1 {2}\{"order_id":"o_1","total":1\}$/,
      );
      assert.equal(lines.length, 5);
      const third = await bus.readMessage("GLAM_EVENTS", { sequence: 3 });
      const time = new Date(Number(third!.timeNanos / 1_000_000n)).toISOString();
      const later = await glam(["events", "tail", "--since", time, "--count", "1", "--json"], { env });
      const found = await bus.readMessage("GLAM_EVENTS", { sequence: JSON.parse(later.out).sequence });
      assert.ok(found!.timeNanos / 1_000_000n >= third!.timeNanos / 1_000_000n);
      assert.ok(found!.sequence <= 3);
    });

    it("ends quietly when nobody reads any further", async () => {
      await using _ = await account();
      await publish(1);
      const line = `${glamCommand.join(" ")} events tail --since 1h; echo "exit code $?" >&2`;
      await using piped = startProcess("sh", ["-c", `(${line}) | head -n 1`], { env });
      await waitFor(async () => {
        await publish(2);
        return piped.hasEnded();
      }, () => `it ends\n${piped.out()}${piped.errors()}`);
      const { out, errors } = await piped.ended();
      assert.deepEqual([out.trimEnd().split("\n").length, errors], [1, "exit code 0\n"]);
    });

    it("stops at Ctrl-C with 130", async () => {
      await using _ = await account();
      await publish(1);
      await using tail = startGlam(["events", "tail", "--since", "1h"], { env });
      await tail.reaches(() => tail.out().includes("evt.order.placed.v1"), "it shows what was stored");
      tail.signal("SIGINT");
      const { code, errors } = await tail.ended();
      assert.deepEqual([code, errors], [130, ""]);
    });

    it("goes on after the server was gone", async () => {
      await using own = await startNats({ accounts: false });
      await using stack = new AsyncDisposableStack();
      const tail = await (async () => {
        await using direct = await connectNats({ servers: own.url });
        await ensureStreams(direct);
        await createPublisher(direct, { service: "shop" }).publish(OrderPlaced, { order_id: "o", total: 1 });
        const args = ["events", "tail", "--since", "1h", "--count", "2"];
        const started = stack.use(startGlam(args, { env: { NATS_SERVERS: own.url } }));
        await started.reaches(() => started.out() !== "", "it shows the first");
        await own.kill9();
        return started;
      })();
      await own.restart();
      await using again = await connectNats({ servers: own.url, waitForServer: true });
      await createPublisher(again, { service: "shop" }).publish(OrderPlaced, { order_id: "o", total: 2 });
      const { code, out } = await tail.ended();
      assert.deepEqual([code, out.trimEnd().split("\n").length], [0, 2]);
    });

    it("says what is missing where there is no stream", async () => {
      const { user, pass } = server.account();
      const { code, errors } = await glam(["events", "tail", "--servers", server.url, "--user", user], {
        env: { NATS_PASSWORD: pass },
      });
      assert.equal(code, 2);
      assert.match(
        errors,
        /^glam: There is no stream of evt\.>; the first service that starts creates it$/m,
      );
    });
  });

  describe("publish", () => {
    const data = '{"order_id":"o_7","total":7}';

    it("publishes what the contract in events.ts lets through, from arguments, a file and standard input", async () => {
      await using _ = await account();
      const folder = await mkdtemp(join(tmpdir(), "glam-cli-"));
      await writeFile(join(folder, "order.json"), data);
      const options = { env };
      const first = await glam(["events", "publish", "evt.order.placed.v1", data, "--json"], options);
      assert.deepEqual([first.code, first.errors], [0, ""]);
      const { event_id, ...stored } = JSON.parse(first.out);
      assert.deepEqual(stored, {
        subject: "evt.order.placed.v1",
        stream: "GLAM_EVENTS",
        seq: 1,
        duplicate: false,
      });
      const file = await glam(["events", "publish", "evt.order.placed.v1", `@${folder}/order.json`], options);
      assert.match(file.out, /^Published evt\.order\.placed\.v1 as [0-9a-f-]{36}: GLAM_EVENTS 2\n$/);
      const piped = await glam(["events", "publish", "evt.order.placed.v1", "-"], { env, stdin: data });
      assert.equal(piped.code, 0);
      const message = await bus.readMessage("GLAM_EVENTS", { sequence: 1 });
      const body = JSON.parse(new TextDecoder().decode(message!.data));
      assert.deepEqual([body.event_id, body.source_service, body.data], [event_id, "glam", JSON.parse(data)]);
      await rm(folder, { recursive: true });
    });

    it("takes key, source, correlation id and headers, and says that a key was there already", async () => {
      await using _ = await account();
      const args = ["events", "publish", "evt.order.placed.v1", data, "--key", "k1", "--source", "shop"];
      args.push("--correlation-id", "op-1", "--header", "X-Team: a: b");
      assert.equal((await glam(args, { env })).code, 0);
      const again = await glam(args, { env });
      assert.deepEqual([again.code, again.out], [
        0,
        "Not stored: GLAM_EVENTS has an event with this key already, 1\n",
      ]);
      const message = await bus.readMessage("GLAM_EVENTS", { sequence: 1 });
      assert.equal(message!.headers.get("X-Team"), "a: b");
      assert.equal(message!.headers.get("X-Correlation-ID"), "op-1");
    });

    it("refuses data that break the contract with every problem, before it connects", async () => {
      const wrong = await glam(
        ["events", "publish", "evt.order.placed.v1", '{"total":-1}', "--dry-run"],
      );
      assert.deepEqual([wrong.code, wrong.out], [1, ""]);
      assert.match(
        wrong.errors,
        /^glam: Cannot publish "evt\.order\.placed\.v1": its data break the contract\n {2}data\.order_id: .*\n {2}data\.total: .*\n$/,
      );
      const broken = await glam(["events", "publish", "evt.order.placed.v1", "{"]);
      assert.equal(broken.code, 2);
      assert.match(broken.errors, /^glam: Expected <data> to be JSON: /);
    });

    it("prints with --dry-run what would be published, and needs no server", async () => {
      const { code, out } = await glam(["events", "publish", "evt.order.placed.v1", data, "--dry-run"]);
      assert.equal(code, 0);
      const document = JSON.parse(out);
      assert.deepEqual([document.dry_run, document.subject], [true, "evt.order.placed.v1"]);
      assert.deepEqual(document.body.data, JSON.parse(data));
    });

    it("knows the contracts of the fleet, and publishes others only when told to", async () => {
      await using _ = await account();
      const fleet = await glam(["events", "publish", "evt.credit.deducted.v1", "{}", "--dry-run"]);
      assert.match(fleet.errors, /its data break the contract/);
      const args = ["events", "publish", "evt.other.thing.v1", "{}"];
      const refused = await glam(args, { env });
      assert.equal(refused.code, 2);
      assert.match(
        refused.errors,
        /There is no contract for "evt\.other\.thing\.v1": events\.ts has none\. Name its module with --events/,
      );
      assert.equal((await glam([...args, "--unchecked"], { env })).code, 0);
      const elsewhere = await glam(args, { env, cwd: tmpdir() });
      assert.match(elsewhere.errors, /there is no events\.ts here/);
      const given = [
        "events",
        "publish",
        "evt.order.placed.v1",
        data,
        "--events",
        join(fixtures, "events.ts"),
      ];
      assert.equal((await glam([...given, "--dry-run"], { cwd: tmpdir() })).code, 0);
    });
  });

  describe("docs", () => {
    it("is the AsyncAPI document of events.ts, as YAML or JSON, on standard output or in a file", async () => {
      const folder = await mkdtemp(join(tmpdir(), "glam-cli-"));
      const path = join(folder, "asyncapi.json");
      const yaml = await glam(["docs", "--title", "Orders", "--api-version", "2.0.0"]);
      assert.match(yaml.out, /^asyncapi: 3\.0\.0\ninfo:\n {2}title: Orders\n {2}version: 2\.0\.0\n/);
      const json = JSON.parse((await glam(["docs", "--json"])).out);
      assert.deepEqual(
        Object.keys(json.channels).sort(),
        [
          "evt.order.placed.v1",
          "rpc.order.count.v1",
          "rpc.order.count.v1.reply",
        ].filter((subject) => subject in json.channels),
      );
      const written = await glam(["docs", "--output", path]);
      assert.deepEqual([written.code, written.out, written.errors], [0, "", `Wrote ${path}\n`]);
      assert.deepEqual(JSON.parse(await readFile(path, "utf8")), json);
      await rm(folder, { recursive: true });
    });

    it("says what a module lacks", async () => {
      const none = await glam(["docs", "--events", "tables.ts"]);
      assert.equal(none.code, 2);
      assert.match(
        none.errors,
        /Expected tables\.ts to export contracts of defineEvent or defineRequest, got none/,
      );
      const missing = await glam(["docs"], { cwd: tmpdir() });
      assert.match(missing.errors, /There is no events\.ts in .*; name it with --events <module>/);
    });
  });

  it("colours the subject on a terminal", async () => {
    await using _ = await account();
    await publish(1);
    const { out } = await glamOnTerminal(["events", "tail", "--since", "1h", "--count", "1"], { env });
    assert.ok(out.includes("\x1b[36mevt.order.placed.v1\x1b[39m"), out);
  });
});
