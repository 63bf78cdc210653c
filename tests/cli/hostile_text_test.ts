import { connectNats, ensureStreams } from "@glam/shared/messaging";
import { connect, headers } from "@nats-io/transport-node";
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { glam, glamOnTerminal } from "./_glam.ts";

// A title, a cleared screen, a colour, the same as C1 characters, a forged line, and text that reads backwards.
const HOSTILE =
  "\x1b]0;owned\x07\x1b[2J\x1b[31mred\u009b31m\x9d0;c1\x9c\x7f\x08\rforged\nline\u202egnp\u2066\u2028end";
const ESCAPED =
  "\\u001b]0;owned\\u0007\\u001b[2J\\u001b[31mred\\u009b31m\\u009d0;c1\\u009c\\u007f\\u0008\\rforged\\nline\\u202egnp\\u2066\\u2028end";
const SUBJECT = "evt.\x1b[31mred\u009b2J\u202e.v1";
const ESCAPED_SUBJECT = "evt.\\u001b[31mred\\u009b2J\\u202e.v1";

/** What a message or an argument must never bring to a terminal: all but the styles of `glam` itself. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
// deno-lint-ignore no-control-regex
const OWN_STYLES = /\x1b\[(?:1|2|22|3[1-9])m/g;

describe("hostile text in what glam prints", () => {
  let server: NatsServer;
  let env: Record<string, string>;

  before(async () => {
    server = await startNats();
    const { user, pass } = server.account();
    env = { NATS_SERVERS: server.url, NATS_USER: user, NATS_PASSWORD: pass };
    await using bus = await connectNats({ servers: server.url, user, pass });
    await ensureStreams(bus);
    // Whoever may publish may publish this; another client checks nothing for us.
    const nats = await connect({ servers: server.url, user, pass });
    const given = headers();
    const oneLine = HOSTILE.replace(/[\r\n]/g, " ");
    for (const name of ["Error-Message", "Error-Code", "Error-Name", "Consumer"]) {
      given.set(`Glam-Dlq-${name}`, oneLine);
    }
    given.set("X-Hostile", oneLine);
    const event = JSON.stringify({ event_id: "1", data: { text: HOSTILE } });
    nats.publish(`dlq.${SUBJECT}`, `text ${HOSTILE}`, { headers: given });
    nats.publish(SUBJECT, event, { headers: given });
    await nats.drain();
  });
  after(() => server.stop());

  const COMMANDS: Record<string, string> = {
    "dlq list": ESCAPED_SUBJECT,
    "dlq list --json": ESCAPED_SUBJECT,
    "dlq show 1": "X-Hostile: \\u001b]0;owned",
    "dlq show 1 --json": "\\u001b]0;owned",
    "dlq show 1 --raw": "text \\u001b]0;owned\\u0007",
    "dlq redrive --all --dry-run": ESCAPED_SUBJECT,
    "dlq purge --all --dry-run": ESCAPED_SUBJECT,
    "events tail > --since 1h --count 1": ESCAPED_SUBJECT,
    "events tail > --since 1h --count 1 --json": "\\u009d0;c1\\u009c\\u007f",
    "events tail HOSTILE --stream NONE": "There is no stream NONE",
    "events publish SUBJECT {}": "There is no contract for",
    "dlq show HOSTILE": ESCAPED.slice(0, 30),
    HOSTILE: ESCAPED.slice(0, 30),
    "config show HOSTILE": "There is nothing at",
    "docs --events HOSTILE": ESCAPED.slice(0, 30),
    "dlq list --servers HOSTILE": "",
  };
  for (const [line, expected] of Object.entries(COMMANDS)) {
    it(`is escaped on a terminal by glam ${line}`, async () => {
      const args = line.split(" ").map((word) =>
        word === "HOSTILE" ? HOSTILE : word === "SUBJECT" ? SUBJECT : word
      );
      const { out } = await glamOnTerminal(args, { env });
      const shown = out.replace(OWN_STYLES, "").replaceAll("\r\n", "\n").replaceAll("\r\x1b[K", "");
      assert.doesNotMatch(shown, UNSAFE);
      assert.ok(!out.includes("\x1b[31mred"), out);
      assert.ok(shown.includes(expected), shown);
    });
  }

  it("is escaped in the question before a purge", async () => {
    const { out } = await glamOnTerminal(["dlq", "purge", "--all"], { env, answer: "n\n" });
    assert.ok(out.includes(ESCAPED_SUBJECT), out);
    assert.ok(!out.includes(SUBJECT), out);
  });

  it("stays the same value in JSON, and the same bytes with --raw, when the output is no terminal", async () => {
    const document = JSON.parse((await glam(["dlq", "show", "1", "--json"], { env })).out);
    assert.equal(document.subject, SUBJECT);
    const [line = ""] =
      (await glam(["events", "tail", "evt.>", "--since", "1h", "--count", "1", "--json"], { env }))
        .out.split("\n");
    assert.equal(JSON.parse(line).body.data.text, HOSTILE);
    assert.equal((await glam(["dlq", "show", "1", "--raw"], { env })).out, `text ${HOSTILE}`);
  });
});
