import assert from "node:assert/strict";
import { test } from "node:test";
import { migrateCommand } from "@glam/shared/db";
import { escapeControls, escapeControlsInLines } from "../../internal/terminal_text.ts";

const HOSTILE = "a\x1b[2Jb\x07\u009b31m\u202ec\u2066\u200e\u061c\u2028\u2029\r\x7f";
const ESCAPED = "a\\u001b[2Jb\\u0007\\u009b31m\\u202ec\\u2066\\u200e\\u061c\\u2028\\u2029\\r\\u007f";

test("control, separator and bidi characters are escaped, and all other text is kept", () => {
  assert.equal(escapeControls(HOSTILE), ESCAPED);
  assert.equal(escapeControls("a\nb\tc"), "a\\nb\\tc");
  for (const text of ["plain", "žluťoučký", "日本語", "مرحبا", "👩‍👩‍👧 🏳️‍🌈", "a\\u001b"]) {
    assert.equal(escapeControls(text), text);
  }
});

test("in lines, line feeds and tabs are kept, and JSON is the same value", () => {
  assert.equal(escapeControlsInLines(`${HOSTILE}\n\tx`), `${ESCAPED}\n\tx`);
  const value = { [HOSTILE]: [HOSTILE, "a\nb"] };
  assert.deepEqual(JSON.parse(escapeControlsInLines(JSON.stringify(value, null, 2))), value);
});

test("the migrate command escapes what it prints to the console", async () => {
  const original = console.error;
  const lines: unknown[] = [];
  console.error = (line) => void lines.push(line);
  try {
    assert.equal(await migrateCommand(["\u009b2J"]), 2);
  } finally {
    console.error = original;
  }
  assert.match(lines.join("\n"), /got "\\u009b2J"/);
});
