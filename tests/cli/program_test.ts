import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glam, glamCommand, glamOnTerminal, runProcess } from "./_glam.ts";

const NOBODY = "127.0.0.1:1";

describe("glam", () => {
  it("prints its help with commands, examples and exit codes, and exits with 0", async () => {
    const { code, out, errors } = await glam(["--help"]);
    assert.deepEqual([code, errors], [0, ""]);
    for (const name of ["migrate", "events", "dlq", "config", "docs", "completion"]) {
      assert.match(out, new RegExp(`^  ${name} `, "m"));
    }
    assert.match(out, /^Examples:\n {2}glam /m);
    assert.match(out, /^Exit codes: 0 done, 1 failed, 2 wrong usage, 3 unapplied migrations/m);
  });

  it("has help with examples for every command, and writes it without colours", async () => {
    const lines = [
      "migrate",
      "events tail",
      "events publish",
      "dlq list",
      "dlq redrive",
      "dlq purge",
      "config show",
      "docs",
      "completion",
    ];
    for (const line of lines) {
      const { code, out } = await glam([...line.split(" "), "--help"]);
      assert.equal(code, 0, line);
      assert.match(out, new RegExp(`^Usage: glam ${line}`), line);
      assert.match(out, /^Examples:\n {2}\S.* {2}# /m, line);
      assert.ok(!out.includes("\x1b"), line);
    }
  });

  const WRONG: Record<string, RegExp> = {
    "": /^Usage: glam /m,
    frobnicate: /error: unknown command 'frobnicate'\nSee --help/,
    "event tail": /unknown command 'event'\n\(Did you mean events\?\)/,
    events: /^Usage: glam events <command>/,
    "migrate upp": /^error: unknown command 'upp'\n\(Did you mean up\?\)\nSee --help$/m,
    "dlq lst": /^error: unknown command 'lst'\n\(Did you mean list\?\)/,
    "outbox stats": /unknown command 'stats'\n\(Did you mean status\?\)/,
    "config nothing-like-it": /^error: unknown command 'nothing-like-it'\nSee --help/,
    "config show servce": /^glam: There is nothing at "servce"; did you mean "service"\?$/m,
    "events publish evt.order.placd.v1 {}": /There is no contract .* Did you mean evt\.order\.placed\.v1\?/,
    "new 9x": /^glam: Expected the name to begin with a letter, got "9x"$/m,
    "new Orders":
      /^glam: Expected the name to have lower-case letters, digits and dashes only, got "Orders"$/m,
    "new a--b": /^glam: Expected the name to have no two dashes in a row/,
    "new a-": /^glam: Expected the name to end with a letter or digit/,
    [`new ${"a".repeat(41)}`]: /^glam: Expected the name to have at most 40 characters/,
    "events tail --nope": /error: unknown option '--nope'/,
    "events tail --since yesterday":
      /'--since <time>' argument 'yesterday' is invalid. Expected how long ago/,
    "events tail --count 0": /Expected a whole number from 1\.$/m,
    "ops serve --port 65536":
      /'--port <n>' argument '65536' is invalid. Expected a whole number from 0 to 65535\.$/m,
    "dlq redrive": /^glam: Select the dead letters by sequences, a filter such as --subject, or --all$/m,
    "dlq redrive 1 --all": /^glam: Select the dead letters by only one of sequences, a filter/m,
    "dlq redrive x": /^glam: Expected a sequence of `dlq list`, got "x"$/m,
    "dlq redrive --all --rate 0": /Expected a number greater than 0/,
    "docs --format xml": /Allowed choices are json, yaml/,
    "docs --events none.ts": /^glam: There is no none\.ts$/m,
    "migrate up --edited=accept": /unknown option '--edited/,
    "migrate up": /^Expected a database: set DATABASE_URL, or name a --service whose variables are set/,
    "migrate baseline --database-url=postgres://127.0.0.1:1/none":
      /^Expected the newest version that the database has already/,
  };
  for (const [line, message] of Object.entries(WRONG)) {
    it(`takes \`glam ${line}\` for wrong usage: exit code 2, and why on standard error`, async () => {
      const { code, out, errors } = await glam(line.split(" ").filter(Boolean));
      assert.deepEqual([code, out], [2, ""]);
      assert.match(errors, message);
    });
  }

  it("says in a line that a server cannot be reached, also as a document, and exits with 1", async () => {
    const plain = await glam(["dlq", "list", "--servers", NOBODY]);
    assert.deepEqual([plain.code, plain.out], [1, ""]);
    assert.match(
      plain.errors,
      /^glam: Cannot connect to 127\.0\.0\.1:1: .*; say where NATS is with --servers or NATS_SERVERS\n$/,
    );
    const json = await glam(["dlq", "list", "--json", "--servers", NOBODY]);
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).error.code, "MESSAGE_BUS_ERROR");
    assert.match(json.errors, /^glam: Cannot connect to 127/);
  });

  it("writes colours on a terminal, and none with NO_COLOR", async () => {
    const colourful = await glamOnTerminal(["config", "show"]);
    assert.ok(colourful.out.includes("\x1b[2mpath"), colourful.out);
    const plain = await glamOnTerminal(["config", "show"], { env: { NO_COLOR: "1" } });
    assert.ok(!plain.out.includes("\x1b["));
  });

  it("completes commands, options and choices in bash", async () => {
    const complete = async (...words: string[]) => {
      const script = `eval "$(${glamCommand.join(" ")} completion bash)"
        COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
        _glam; echo "\${COMPREPLY[@]}"`;
      const { code, out, errors } = await runProcess("bash", ["-c", script]);
      assert.deepEqual([code, errors], [0, ""]);
      return out.trim();
    };
    assert.equal(await complete("glam", "mi"), "migrate");
    assert.equal(await complete("glam", "dlq", ""), "list show redrive purge --help");
    assert.equal(await complete("glam", "dlq", "purge", "--y"), "--yes");
    assert.equal(await complete("glam", "events", "tail", "evt.>", "--co"), "--count");
    assert.equal(await complete("glam", "completion", "f"), "fish");
    assert.equal(await complete("glam", "docs", "eve"), "");
  });
});
