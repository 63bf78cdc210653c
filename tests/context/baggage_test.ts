import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBaggage, parseBaggage } from "@glam/shared/context";

describe("parseBaggage", () => {
  it("reads keys, values and properties", () => {
    assert.deepEqual(parseBaggage("key1=value1;property1;ttl=60, key2 = value2"), [
      { key: "key1", value: "value1", properties: ["property1", "ttl=60"] },
      { key: "key2", value: "value2" },
    ]);
  });

  it("decodes percent-encoded UTF-8, and what is not UTF-8 to U+FFFD", () => {
    assert.deepEqual(parseBaggage("a=%C3%A4%20b,c=%FF%41,d=100%,e=%zz"), [
      { key: "a", value: "ä b" },
      { key: "c", value: "\ufffdA" },
      { key: "d", value: "100%" },
      { key: "e", value: "%zz" },
    ]);
  });

  it("takes equals signs within values", () => {
    assert.deepEqual(parseBaggage("q=a=b=="), [{ key: "q", value: "a=b==" }]);
  });

  it("leaves out members that are not legal, and only those", () => {
    assert.deepEqual(
      parseBaggage('ok=1,no value,=x,b ad=1,q="x",back\\slash=1,also=2').map(({ key }) => key),
      ["ok", "also"],
    );
  });

  it("keeps 64 members and 8,192 bytes, and never cuts a member", () => {
    const many = Array.from({ length: 70 }, (_, i) => `k${i}=v`).join(",");
    assert.equal(parseBaggage(many).length, 64);
    const big = `a=${"x".repeat(5000)},b=${"y".repeat(5000)},c=z`;
    assert.deepEqual(parseBaggage(big).map(({ key }) => key), ["a", "c"]);
    const exact = `a=${"x".repeat(8190)}`;
    assert.equal(parseBaggage(exact)[0]?.value.length, 8190);
  });
});

describe("formatBaggage", () => {
  it("percent-encodes so that every value comes back", () => {
    const entries = [{ key: "user", value: 'ä, "b" 100% \\;=' }, {
      key: "plain",
      value: "ok",
      properties: ["ttl=60"],
    }];
    const header = formatBaggage(entries);
    assert.match(header, /^[\x21-\x7e]+$/);
    assert.deepEqual(parseBaggage(header), entries);
  });

  it("refuses a key that is not a token", () => {
    assert.throws(() => formatBaggage([{ key: "a b", value: "1" }]), TypeError);
    assert.throws(() => formatBaggage([{ key: "a", value: "1", properties: ["x y"] }]), TypeError);
  });
});
