import assert from "node:assert/strict";
import { it } from "node:test";
import { fnv1a32, formatKey, parseKey } from "../../messaging/contract/_partition.ts";

it("a key is hashed by FNV-1a over its UTF-8 bytes, as other languages do", () => {
  const vectors = {
    "": 2166136261,
    a: 3826002220,
    foobar: 3214735720,
    "order-7": 629130235,
    "заказ-7": 3316163555,
    "🛒": 2544496441,
  };
  for (const [key, hash] of Object.entries(vectors)) assert.equal(fnv1a32(key), hash, key);
});

it("a key of any characters is read back from its header", () => {
  for (const key of ["order-7", "заказ-7", "🛒", " a ", "a\r\nb", '"quoted"', "a\0b", "\ud800"]) {
    const header = formatKey(key);
    assert.ok(!/[\r\n\0]/.test(header) && header === header.trim(), header);
    assert.equal(parseKey(header), key);
  }
  assert.equal(parseKey('"broken'), undefined);
  assert.equal(parseKey(undefined), undefined);
});
