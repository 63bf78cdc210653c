import assert from "node:assert/strict";
import { test } from "node:test";
import { capture, type Line } from "./_capture.ts";

function write(value: unknown): unknown {
  const { log, last, lines } = capture();
  log.info("x", { value });
  assert.equal(lines().length, 1);
  return last()["value"];
}

const boom = () => {
  throw new Error("boom");
};

test("values that JSON does not know are written all the same", () => {
  for (
    const [given, expected] of [
      [9007199254740993n, "9007199254740993"],
      [Symbol("s"), "Symbol(s)"],
      [() => 1, "[function]"],
      [NaN, "NaN"],
      [-Infinity, "-Infinity"],
      [new Date(0), "1970-01-01T00:00:00.000Z"],
      [new Date(NaN), "Invalid Date"],
      [/a/g, "/a/g"],
      [new Uint8Array(3), "[3 bytes]"],
      [new ArrayBuffer(4), "[4 bytes]"],
      [new Map<unknown, unknown>([[1, "a"], [{}, "b"]]), { 1: "a", "[object]": "b" }],
      [new Set([1, "a"]), [1, "a"]],
      [[undefined, null, () => 1], [null, null, "[function]"]],
      [new URL("http://h/a"), "http://h/a"],
      [Object("boxed"), "boxed"],
      [Object.create(null, { a: { value: 1, enumerable: true } }), { a: 1 }],
      [null, null],
      [false, false],
      [undefined, undefined],
    ] as const
  ) assert.deepEqual(write(given), expected);
});

test("circular values are marked, and a value that comes twice is not", () => {
  const value: Line = { a: 1 };
  value["self"] = value;
  value["list"] = [value];
  assert.deepEqual(write(value), { a: 1, self: "[circular]", list: ["[circular]"] });
  const shared = { b: 1 };
  assert.deepEqual(write([shared, shared]), [{ b: 1 }, { b: 1 }]);
});

test("values that throw are marked, and the others are written", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwing = {
    get bad() {
      return boom();
    },
    good: 1,
  };
  assert.deepEqual(write(throwing), { bad: "[unreadable]", good: 1 });
  assert.equal(write({ toJSON: boom }), "[unreadable]");
  assert.equal(write(proxy), "[unreadable]");
  assert.equal(write(new Proxy({}, { ownKeys: boom })), "[unreadable]");
  assert.deepEqual(write([{ toJSON: boom }, 1]), ["[unreadable]", 1]);
});

test("toJSON is honoured once, as JSON.stringify does", () => {
  assert.equal(write({ toJSON: () => "plain" }), "plain");
  assert.equal(write({ toJSON: () => undefined }), undefined);
  const itself: Line = { a: 1, toJSON: () => itself };
  assert.deepEqual(write(itself), { a: 1, toJSON: "[function]" });
  let depth = 0;
  const endless = (): object => ({ toJSON: () => ({ depth: depth++, next: endless() }) });
  write(endless());
  assert.ok(depth < 20);
});

test("fields that are no object, or cannot be read, give a line", () => {
  const { log, lines, last } = capture();
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const given = [null, 7, "text", [1], proxy, new Proxy({}, { ownKeys: boom }), {
    get error() {
      return boom();
    },
  }];
  const expected = [undefined, 7, "text", [1], "[unreadable]", "[unreadable]", undefined];
  for (const [index, fields] of given.entries()) {
    log.info("x", fields as Line);
    assert.deepEqual(last()["fields"], expected[index]);
    log.child(fields as Line).info("y");
    assert.deepEqual(last()["fields"], expected[index]);
  }
  assert.equal(lines().length, 2 * given.length);
});

test("a message that is no string gives a line", () => {
  const { log, last } = capture();
  const any = log.error as (message: unknown) => void;
  any(undefined);
  assert.equal(last()["message"], "undefined");
  any({ a: 1, token: 2 });
  assert.equal(last()["message"], '{"a":1,"token":"[redacted]"}');
  any(new RangeError("boom"));
  assert.deepEqual([last()["message"], last()["error_type"]], ["boom", "RangeError"]);
});

test("what is too deep, too long or too much leaves a mark", () => {
  const deep = Array.from({ length: 20 }).reduce<object>((inner) => ({ inner }), {});
  assert.match(JSON.stringify(write(deep)), /^(\{"inner":){7}"… too deep"\}{7}$/);
  assert.equal(write("x".repeat(17_192)), `${"x".repeat(8192)}… 9000 more`);
  const list = write(Array.from({ length: 250 }).fill(1)) as unknown[];
  assert.deepEqual([list.length, list[100]], [101, "… 150 more"]);
  assert.equal((write(new Set(Array.from({ length: 101 }, (_, i) => i))) as unknown[])[100], "… 1 more");
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`k${i}`, i]));
  assert.equal((write(many) as Line)["…"], "30 more");
  assert.equal((write(new Map(Object.entries(many))) as Line)["…"], "30 more");
  const [key] = Object.keys(write({ ["k".repeat(300)]: 1 }) as Line);
  assert.equal(key, `${"k".repeat(256)}… 44 more`);
});

test("a line has an end, however much is in its fields", () => {
  const { log, text } = capture();
  const wide = (depth: number): unknown => depth === 0 ? "x".repeat(1000) : Array(50).fill(wide(depth - 1));
  log.info("x", { value: wide(6), other: wide(6) });
  assert.ok(text[0]!.length < 100_000, String(text[0]!.length));
  assert.match(text[0]!, /… \d+ more/);
});

test("a message is cut as well", () => {
  const { log, last } = capture();
  log.info("m".repeat(10_000));
  assert.equal(last()["message"], `${"m".repeat(8192)}… 1808 more`);
});

test("a key named __proto__ is a key", () => {
  const { log, text } = capture();
  log.child(JSON.parse('{"__proto__":{"a":1}}')).info("x", { b: JSON.parse('{"__proto__":2}') });
  assert.match(text[0]!, /"__proto__":\{"a":1\},"b":\{"__proto__":2\}/);
});

test("more different keys than are remembered are written all the same", () => {
  const { log, last } = capture();
  for (let i = 0; i < 1200; i++) log.info("x", { [`key${i}`]: i, [`token_${i}`]: i });
  assert.deepEqual([last()["key1199"], last()["token_1199"]], [1199, "[redacted]"]);
});
