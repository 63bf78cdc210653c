import assert from "node:assert/strict";
import { it } from "node:test";
import { parseExact, stringifyBigints, stringifyExact } from "../../internal/exact_json.ts";

it("JSON is read as JSON.parse reads it, but for integers that a number would round", () => {
  const texts = [
    '{"a":[1,-2.5,1e3,true,null,"x"],"__proto__":1}',
    "7",
    '"12345678901234567890"',
    "1e22",
    "0.1",
  ];
  for (const text of texts) assert.deepEqual(parseExact(text), JSON.parse(text));
  assert.deepEqual(
    parseExact("[9007199254740991,9007199254740992,-12345678901234567890,12345678901234567890.5]"),
    [
      9007199254740991,
      9007199254740992n,
      -12345678901234567890n,
      12345678901234567890.5,
    ],
  );
  for (const text of ["", "{", "[12345678901234567890", "nope"]) {
    assert.throws(() => parseExact(text), SyntaxError);
  }
});

it("JSON is written as JSON.stringify writes it, and a bigint as an integer or as it is told", () => {
  for (const value of [{ a: [1, undefined, null] }, "x", undefined, new Date(0)]) {
    assert.equal(stringifyExact(value), JSON.stringify(value));
  }
  assert.equal(stringifyExact({ a: 2n ** 70n, b: [0n, -1n] }), '{"a":1180591620717411303424,"b":[0,-1]}');
  assert.equal(stringifyBigints({ a: 2n ** 70n }, String), '{"a":"1180591620717411303424"}');
  const circle: unknown[] = [1n];
  circle.push(circle);
  assert.throws(() => stringifyExact(circle), TypeError);
});
