import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnv } from "node:util";
import * as z from "zod";
import { loadWithWarnings, problems, toLine } from "./_support.ts";

const schema = z.record(z.string(), z.string());

/** The variables of a `.env` file, less their prefix. */
async function read(text: string, env: Record<string, string> = {}): Promise<Record<string, string>> {
  const { config } = await loadWithWarnings({ ".env": text }, { schema, env });
  return config;
}

test("values stand without quotes, up to a comment", async () => {
  const text = `
# a comment
CATALOG_A=plain
  CATALOG_B = two words   # a comment
export CATALOG_C=exported
CATALOG_D=http://x/?a=b#fragment
CATALOG_E=#hash
CATALOG_F=   # nothing
CATALOG_G=a'b"c
CATALOG_A=later`;
  assert.deepEqual(await read(text), {
    a: "later",
    b: "two words",
    c: "exported",
    d: "http://x/?a=b#fragment",
    e: "#hash",
    g: `a'b"c`,
  });
});

test("quotes keep what is in them, over lines, too", async () => {
  const text = String.raw`
CATALOG_A='single # $x ${"${CATALOG_A}"} \n it\'s \\'   # a comment
CATALOG_B="double # \n \t \"quoted\" \\ \q \$x"
CATALOG_C=` + "`back \"and\" 'tick'`" + `
CATALOG_D="first
second # no comment

fourth"
CATALOG_E='x
y'`;
  assert.deepEqual(await read(text), {
    a: String.raw`single # $x ${"${CATALOG_A}"} \n it's ` + "\\",
    b: 'double # \n \t "quoted" \\ \\q $x',
    c: "back \"and\" 'tick'",
    d: "first\nsecond # no comment\n\nfourth",
    e: "x\ny",
  });
});

test("line ends may be those of Windows, and the file may have a mark", async () => {
  assert.deepEqual(await read('\uFEFFCATALOG_A=1\r\nCATALOG_B="x\r\ny"\r\n'), { a: "1", b: "x\ny" });
});

test("references are replaced by the environment, else by what stands above", async () => {
  const text = [
    "HOST=above",
    "CATALOG_A=http://${HOST}:${PORT:-80}/",
    'CATALOG_B="${HOST} \\${HOST} ${USER:-}x"',
    "CATALOG_C='${HOST}'",
    "CATALOG_D=$HOST",
  ].join("\n");
  const expected = { a: "http://above:80/", b: "above ${HOST} x", c: "${HOST}", d: "$HOST" };
  assert.deepEqual(await read(text), expected);
  assert.deepEqual(await read(text, { HOST: "outside", PORT: "1" }), {
    ...expected,
    a: "http://outside:1/",
    b: "outside ${HOST} x",
  });
});

test("what is odd is warned of, with its line", async () => {
  const { config, warnings } = await loadWithWarnings(
    { ".env": "CATALOG_A=1\n\nCATALOG_B=x${NOBODY}\nCATALOG_C\n" },
    { schema },
  );
  assert.deepEqual(config, { a: "1", b: "x" });
  assert.deepEqual(warnings.map(toLine), [
    " | .env:3 | ${NOBODY} is not set, and expands to an empty text",
    " | .env:4 | the variable has no value; write NAME=value",
  ]);
});

test("what is wrong is a problem with its line, without the text", async () => {
  const text = 'CATALOG_A="x\ny"\nthis is hunter2\nCATALOG_B="hunter2" hunter2\nCATALOG_C=\'hunter2\n';
  assert.deepEqual(await problems({ ".env": text }, { schema }), [
    " | .env:3 | expected NAME=value",
    " | .env:4 | expected nothing after the value of CATALOG_B; quote all of it",
    " | .env:5 | the quote of CATALOG_C is not closed",
  ]);
});

test("what the parser of the runtime reads is read the same", async () => {
  const text = [
    "CATALOG_A=1",
    "CATALOG_B= spaced out ",
    "CATALOG_C='single \\n'",
    'CATALOG_D="double \\n x"',
    "CATALOG_E=`back`",
    'export CATALOG_F="x y" # comment',
    "CATALOG_G=a=b=c",
    'CATALOG_H="multi\nline"',
    "CATALOG_I=x # comment",
    'CATALOG_J={"json": [1, 2]}',
    'CATALOG_K="it\'s"',
  ].join("\n");
  const theirs = Object.entries(parseEnv(text)).map(([name, value]) => [name.slice(8).toLowerCase(), value]);
  assert.deepEqual(await read(text), Object.fromEntries(theirs));
});
