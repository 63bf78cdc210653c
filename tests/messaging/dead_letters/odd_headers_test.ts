// Headers that a server stores and no client would write: they must not keep a message from becoming a dead letter.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, it } from "node:test";
import {
  connectNats,
  createDeadLetters,
  createListener,
  type DeadLetter,
  defineEvent,
  ensureStreams,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";
import { publishRaw, rawEvent } from "../_raw_nats.ts";

const server = await startNats();
after(() => server.stop());

const Numbered = defineEvent("evt.test.numbered.v1", z.object({ n: z.int() }));
const ODD = {
  "a line feed in a value": "X-Odd: a\nb",
  "a carriage return in a value": "X-Odd: a\rb",
  "NUL in a value": "X-Odd: a\0b",
  "a space in a name": "X Odd: a",
  "an umlaut in a name": "X-Ödd: a",
  "an empty name": ": a",
};

async function letters(dead: ReturnType<typeof createDeadLetters>): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of dead.list()) found.push(letter);
  return found;
}

for (const [what, line] of Object.entries(ODD)) {
  it(`an event with ${what} is handled, and becomes a dead letter without that header where it fails`, async () => {
    const account = server.account();
    await using bus = await connectNats({ servers: server.url, ...account });
    await ensureStreams(bus);
    const seen: [number, string | undefined][] = [];
    const warnings: unknown[] = [];
    await using listener = createListener(bus, {
      service: "test",
      queueGroup: "odd",
      events: [Numbered],
      maxAttempts: 1,
      logger: {
        debug() {},
        info() {},
        warn: (message) => void warnings.push(message),
        error() {},
        critical() {},
      },
      handle({ data, headers }) {
        seen.push([data.n, headers.get("X-Good")]);
        if (data.n > 1) throw new TypeError("a bug");
      },
    });
    await listener.start();
    const headers = `X-Good: kept\r\n${line}\r\n`;
    const { subject } = Numbered;
    await publishRaw(server, account, [
      { subject, headers, data: rawEvent(subject, { n: 1 }) },
      { subject, headers, data: rawEvent(subject, { n: 2 }) },
      { subject, headers, data: rawEvent(subject, { n: "no number" }) },
    ]);
    const dead = createDeadLetters(bus);
    await waitFor(async () => await dead.count() === 2, "both are dead letters");
    assert.deepEqual(seen, [[1, "kept"], [2, "kept"]]);
    for (const letter of await letters(dead)) {
      assert.deepEqual([...letter.headers], [["X-Good", "kept"]]);
      assert.deepEqual(letter.omittedHeaders, [line.slice(0, line.indexOf(":"))]);
      assert.equal(letter.omittedBytes, 0);
    }
    assert.equal(warnings.filter((text) => /lacks parts of its message/.test(String(text))).length, 2);
    assert.equal((await listener.health()).status, "healthy");
  });
}

it("list, show, redrive and purge go past a dead letter with odd headers", async () => {
  const account = server.account();
  await using bus = await connectNats({ servers: server.url, ...account });
  await ensureStreams(bus);
  const { subject } = Numbered;
  const data = rawEvent(subject, { n: 1 });
  const headers = "X-Good: kept\r\nX-Odd: a\nb\r\nGlam-Dlq-Error-Code: ODD\r\n";
  await publishRaw(server, account, [
    { subject: `dlq.${subject}`, headers, data },
    { subject: `dlq.${subject}`, headers, data },
    { subject: `dlq.${subject}`, headers: "Glam-Dlq-Error-Code: PLAIN\r\n", data },
  ]);
  const dead = createDeadLetters(bus);
  await waitFor(async () => await dead.count() === 3, "all are stored");
  assert.deepEqual((await letters(dead)).map(({ errorCode }) => errorCode), ["ODD", "ODD", "PLAIN"]);
  assert.deepEqual([...(await dead.show(1))!.headers], [["X-Good", "kept"], ["X-Odd", "a\nb"]]);
  assert.equal(await dead.purge({ errorCode: "PLAIN" }), 1);
  assert.deepEqual(await dead.redrive({ sequence: 1 }), { matched: 1, redriven: 1, kept: [] });
  const redriven = await bus.readMessage(Streams.EVENTS, { from: 1 });
  assert.equal(redriven?.headers.get("X-Good"), "kept");
  assert.equal(redriven?.headers.has("X-Odd"), false);
  assert.equal(await dead.purge({ errorCode: "ODD" }), 1);
});

it("an event that is too large for a dead letter leaves one that names it, and is settled", async () => {
  const account = server.account();
  await using bus = await connectNats({ servers: server.url, ...account });
  await bus.ensureStream({ name: Streams.EVENTS, subjects: ["evt.>", "cmd.>"] });
  await bus.ensureStream({ name: Streams.DLQ, subjects: ["dlq.>"], discard: "new", maxMessageBytes: 2000 });
  let calls = 0;
  await using listener = createListener(bus, {
    service: "test",
    queueGroup: "large",
    events: [Numbered],
    maxAttempts: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {}, critical() {} },
    handle() {
      calls++;
      throw new Error("broken");
    },
  });
  await listener.start();
  const { subject } = Numbered;
  const data = JSON.stringify({ ...JSON.parse(rawEvent(subject, { n: 1 })), filler: "x".repeat(3000) });
  await bus.publish({ subject, data });
  const dead = createDeadLetters(bus);
  await waitFor(async () => await dead.count() === 1, "it is a dead letter");
  const [letter] = await letters(dead);
  assert.equal(letter!.omittedBytes, Buffer.byteLength(data));
  assert.deepEqual([letter!.stream, letter!.streamSequence, letter!.data.length], [Streams.EVENTS, 1, 0]);
  const { redriven, kept } = await dead.redrive("all");
  assert.deepEqual([redriven, kept[0]?.reason], [
    0,
    `It lacks its payload of ${data.length} bytes; the original was message 1 of ${Streams.EVENTS}`,
  ]);
  await waitFor(async () => (await listener.health()).consumers[0]!.held === 0, "the original is settled");
  assert.equal(calls, 1);
});
