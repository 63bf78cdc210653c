import {
  connectNats,
  createDeadLetters,
  createListener,
  createPublisher,
  type DeadLetter,
  type MessageBus,
} from "@glam/shared/messaging";
import { DatabaseError } from "@glam/shared/errors";
import { createLogger } from "@glam/shared/logging";
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import { glam, glamOnTerminal, startGlam } from "./_glam.ts";
import { OrderPlaced } from "./fixtures/events.ts";

describe("glam dlq", () => {
  let server: NatsServer;
  before(async () => {
    server = await startNats();
  });
  after(() => server.stop());

  /** An account with this many dead letters, those with an even total because of the database. */
  async function deadLetters(number: number) {
    const { user, pass } = server.account();
    const bus: MessageBus = await connectNats({ servers: server.url, user, pass });
    const listener = createListener(bus, {
      service: "ledger",
      queueGroup: "summary",
      events: [OrderPlaced],
      maxAttempts: 1,
      logger: createLogger("ledger", { sink() {} }),
      handle({ event }) {
        throw event.data.total % 2 === 0
          ? new DatabaseError("The ledger\nis locked")
          : new RangeError("Too much");
      },
    });
    await listener.start();
    const publisher = createPublisher(bus, { service: "shop" });
    await publisher.publishMany(
      OrderPlaced,
      Array.from({ length: number }, (_, index) => ({ order_id: `o_${index + 1}`, total: index + 1 })),
    );
    const dead = createDeadLetters(bus);
    await waitFor(async () => await dead.count() === number, "all are dead letters");
    await listener.stop();
    const env = { NATS_SERVERS: server.url, NATS_USER: user, NATS_PASSWORD: pass };
    const call = (...args: string[]) => glam(["dlq", ...args], { env });
    return { bus, dead, env, call, [Symbol.asyncDispose]: () => bus.close() };
  }

  async function all(letters: AsyncIterable<DeadLetter>): Promise<number[]> {
    return (await Array.fromAsync(letters)).map(({ sequence }) => sequence);
  }

  it("lists dead letters by filter, in columns and as a document", async () => {
    await using each = await deadLetters(4);
    const { code, out, errors } = await each.call("list");
    assert.deepEqual([code, errors], [0, ""]);
    const lines = out.trimEnd().split("\n");
    assert.match(lines[0]!, /^sequence {2}dead since +subject +consumer +attempts +error +message$/);
    assert.equal(lines.length, 5);
    assert.match(
      out,
      /evt\.order\.placed\.v1 {2}ledger-summary-evt_order_placed_v1 {2}1 +DATABASE_ERROR +The ledger is locked$/m,
    );
    const filtered = JSON.parse((await each.call("list", "--error-code", "DATABASE_ERROR", "--json")).out);
    assert.deepEqual([filtered.total, filtered.is_more, filtered.dead_letters.length], [4, false, 2]);
    const [letter] = filtered.dead_letters;
    assert.deepEqual(
      [letter.subject, letter.attempts, letter.body.data.total % 2, letter.redrive_count],
      ["evt.order.placed.v1", 1, 0, 0],
    );
    assert.equal(letter.headers["X-Correlation-ID"], letter.body.correlation_id);
    assert.equal(
      (await each.call("list", "--subject", "evt.other.>")).out,
      "No match among 4 dead letters\n",
    );
    assert.equal((await each.call("list", "--until", "1h")).out, "No match among 4 dead letters\n");
    const short = await each.call("list", "--limit", "1", "--since", "1h");
    assert.equal(short.out.trimEnd().split("\n").length, 2);
    assert.equal(short.errors, "There are 4 in all; show more with --limit, or filter them\n");
  });

  it("shows one with everything about it, or its bytes", async () => {
    await using each = await deadLetters(1);
    const { code, out } = await each.call("show", "1");
    assert.equal(code, 0);
    assert.match(out, /^Dead letter 1\nsubject +evt\.order\.placed\.v1\ndead since +\d{4}-/);
    assert.match(out, /^message +Too much$/m);
    assert.match(out, /^ {2}X-Correlation-ID: /m);
    assert.match(out, /^ {4}"total": 1$/m);
    const letter = await each.dead.show(1);
    assert.equal((await each.call("show", "1", "--raw")).out, new TextDecoder().decode(letter!.data));
    assert.equal(JSON.parse((await each.call("show", "1", "--json")).out).error_message, "Too much");
    const none = await each.call("show", "9");
    assert.equal(none.code, 1);
    assert.match(
      none.errors,
      /^glam: There is no dead letter 9; list them with: glam dlq list$/m,
    );
  });

  it("redrives by sequence, by filter and all, each once, and only says so with --dry-run", async () => {
    await using each = await deadLetters(5);
    const before = (await each.bus.streamInfo("GLAM_EVENTS"))!.lastSequence;
    const dry = await each.call("redrive", "--all", "--dry-run");
    assert.match(dry.out, /\n\nWould redrive 5 dead letters\n$/);
    assert.equal((await each.bus.streamInfo("GLAM_EVENTS"))!.lastSequence, before);
    assert.equal((await each.call("redrive", "1", "2")).out, "Redrove 2 of 2 dead letters\n");
    assert.deepEqual(await all(each.dead.list()), [3, 4, 5]);
    const filtered = await each.call("redrive", "--error-code", "DATABASE_ERROR", "--json");
    const result = JSON.parse(filtered.out);
    assert.deepEqual([result.matched, result.redriven, result.kept], [result.redriven, result.matched, []]);
    await each.call("redrive", "--all");
    assert.equal(await each.dead.count(), 0);
    assert.equal((await each.bus.streamInfo("GLAM_EVENTS"))!.lastSequence, before + 5);
    assert.equal((await each.call("redrive", "--all")).out, "Nothing to redrive\n");
  });

  it("redrives nothing to a subject of the broker, and says so before with --dry-run", async () => {
    await using each = await deadLetters(1);
    await each.bus.publish({ subject: "dlq.$JS.API.STREAM.PURGE.GLAM_EVENTS", data: "" });
    const reason = /^2 (would be|was) kept: Its subject "\$JS\.API\.STREAM\.PURGE\.GLAM_EVENTS" is not evt/m;
    const dry = await each.call("redrive", "--all", "--dry-run");
    assert.match(dry.out, /\n\nWould redrive 1 dead letter\n$/);
    assert.match(dry.errors, reason);
    const real = await each.call("redrive", "--all");
    assert.deepEqual([dry.code, real.code, real.out], [1, 1, "Redrove 1 of 2 dead letters\n"]);
    assert.match(real.errors, reason);
    assert.deepEqual(await all(each.dead.list()), [2]);
  });

  it("keeps to --rate, and stops at Ctrl-C at once, with 130", async () => {
    await using each = await deadLetters(3);
    await using running = startGlam(["dlq", "redrive", "--all", "--rate", "0.0001"], { env: each.env });
    await running.reaches(async () => await each.dead.count() === 2, "the first is redriven");
    running.signal("SIGINT");
    const { code, out } = await running.ended();
    assert.deepEqual([code, out], [130, "Redrove 1 of 3 dead letters\n"]);
    assert.equal(await each.dead.count(), 2);
  });

  it("purges what was selected with --yes, and without a terminal refuses to without it", async () => {
    await using each = await deadLetters(4);
    const refused = await each.call("purge", "--all");
    assert.equal(refused.code, 2);
    assert.match(
      refused.errors,
      /^glam: This command asks for confirmation, and there is no terminal; add --yes/m,
    );
    assert.equal(JSON.parse((await each.call("purge", "--all", "--dry-run", "--json")).out).matched, 4);
    assert.equal(await each.dead.count(), 4);
    assert.equal((await each.call("purge", "1", "3", "--yes")).out, "Purged 2 dead letters\n");
    assert.deepEqual(await all(each.dead.list()), [2, 4]);
    assert.deepEqual(JSON.parse((await each.call("purge", "--all", "--yes", "--json")).out), {
      dry_run: false,
      matched: 2,
      purged: 2,
    });
    assert.equal(await each.dead.count(), 0);
  });

  it("asks on a terminal, shows how far it is there, and does nothing without a yes", async () => {
    await using each = await deadLetters(2);
    const no = await glamOnTerminal(["dlq", "purge", "--all"], { env: each.env, answer: "n\n" });
    assert.match(no.out, /This cannot be undone\. Purge 2 dead letters\? \[y\/N\]/);
    assert.match(no.out, /Nothing was changed/);
    assert.deepEqual([no.code, await each.dead.count()], [1, 2]);
    const yes = await glamOnTerminal(["dlq", "purge", "--all"], { env: each.env, answer: "y\n" });
    assert.ok(yes.out.includes(`purge [${"#".repeat(24)}] 2/2\r\x1b[K`), yes.out);
    assert.deepEqual([yes.code, await each.dead.count()], [0, 0]);
  });

  it("says that there are none", async () => {
    await using each = await deadLetters(0);
    assert.equal((await each.call("list")).out, "No dead letters\n");
    assert.deepEqual(JSON.parse((await each.call("list", "--json")).out), {
      total: 0,
      is_more: false,
      dead_letters: [],
    });
  });
});
