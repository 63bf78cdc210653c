import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTraceparent, normalizeTracestate, parseTraceparent } from "@glam/shared/context";

const TRACE = "12345678901234567890123456789012";
const SPAN = "1234567890123456";

describe("parseTraceparent", () => {
  it("reads version 00", () => {
    assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-01`), {
      traceId: TRACE,
      parentId: SPAN,
      flags: 1,
    });
  });

  it("keeps the random flag of level 2 and clears bits without a meaning", () => {
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.flags, 2);
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.flags, 3);
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.flags, 3);
  });

  it("reads a higher version by its prefix", () => {
    assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId, TRACE);
    assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`)?.traceId, TRACE);
  });

  const illegal = {
    "version ff": `ff-${TRACE}-${SPAN}-01`,
    "an upper-case version": `0A-${TRACE}-${SPAN}-01`,
    "an upper-case trace id": `00-${"A".repeat(32)}-${SPAN}-01`,
    "an upper-case parent id": `00-${TRACE}-${"A".repeat(16)}-01`,
    "upper-case flags": `00-${TRACE}-${SPAN}-0A`,
    "a trace id of zeros": `00-${"0".repeat(32)}-${SPAN}-01`,
    "a parent id of zeros": `00-${TRACE}-${"0".repeat(16)}-01`,
    "a version that is too long": `000-${TRACE}-${SPAN}-01`,
    "a trace id that is too short": `00-${TRACE.slice(1)}-${SPAN}-01`,
    "a parent id that is too long": `00-${TRACE}-${SPAN}0-01`,
    "flags that are too long": `00-${TRACE}-${SPAN}-001`,
    "flags that are too short": `00-${TRACE}-${SPAN}-1`,
    "more behind version 00": `00-${TRACE}-${SPAN}-01-what`,
    "a trailing dash of version 00": `00-${TRACE}-${SPAN}-01-`,
    "a dot behind a higher version": `cc-${TRACE}-${SPAN}-01.what`,
    "two headers in one": `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    "a dot in the trace id": `00-.${TRACE.slice(1)}-${SPAN}-01`,
    "nothing": "",
  };
  for (const [what, header] of Object.entries(illegal)) {
    it(`refuses ${what}`, () => assert.equal(parseTraceparent(header), undefined));
  }
});

describe("formatTraceparent", () => {
  it("writes version 00 and only the flags that have a meaning", () => {
    assert.equal(
      formatTraceparent({ traceId: TRACE, parentId: SPAN, flags: 0xff }),
      `00-${TRACE}-${SPAN}-03`,
    );
  });
});

describe("normalizeTracestate", () => {
  const members = (count: number, value = "1") => Array.from({ length: count }, (_, i) => `k${i}=${value}`);

  it("keeps a legal list in its order", () => {
    assert.equal(normalizeTracestate("foo=1,bar=2"), "foo=1,bar=2");
    assert.equal(
      normalizeTracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
    );
  });

  it("ignores white space around members, and empty members", () => {
    assert.equal(normalizeTracestate(" foo=1 \t , \t bar=2, \t baz=3\t"), "foo=1,bar=2,baz=3");
    assert.equal(normalizeTracestate("foo=1,,bar=2, ,"), "foo=1,bar=2");
    assert.equal(normalizeTracestate(" , "), undefined);
  });

  it("takes every legal character, the at sign among them", () => {
    const key = "a0_-*/@z@";
    const value = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i)).replace(/[,=]/g, "");
    assert.equal(normalizeTracestate(`${key}=${value}`), `${key}=${value}`);
    assert.equal(normalizeTracestate("1tenant@system=1"), "1tenant@system=1");
  });

  it("takes keys and values of 256 characters", () => {
    assert.equal(normalizeTracestate(`foo=1,${"z".repeat(256)}=1`), `foo=1,${"z".repeat(256)}=1`);
    assert.equal(normalizeTracestate(`k=${"v".repeat(256)}`), `k=${"v".repeat(256)}`);
  });

  for (
    const [what, list] of Object.entries({
      "a space in a key": "ok=1,foo =1",
      "an upper-case key": "ok=1,FOO=1",
      "a dot in a key": "ok=1,foo.bar=1",
      "a key that starts with an at sign": "ok=1,@foo=1",
      "a key that starts with an underscore": "ok=1,_foo=1",
      "a key of 257 characters": `ok=1,${"z".repeat(257)}=1`,
      "a value of 257 characters": `ok=1,k=${"v".repeat(257)}`,
      "an equals sign in a value": "ok=1,foo=bar=baz",
      "an empty value": "ok=1,foo=",
      "a member without a value": "ok=1,foo",
      "a control character": "ok=1,foo=\u0001",
      "a character that is not ASCII": "ok=1,foo=é",
    })
  ) {
    it(`drops the whole list for ${what}`, () => assert.equal(normalizeTracestate(list), undefined));
  }

  it("keeps 32 members, and drops a list of 33 whole", () => {
    assert.equal(normalizeTracestate(members(32).join(",")), members(32).join(","));
    assert.equal(normalizeTracestate(members(33).join(",")), undefined);
  });

  it("keeps the newest member of a repeated key", () => {
    assert.equal(normalizeTracestate("foo=1,bar=2,foo=3"), "foo=1,bar=2");
  });

  it("passes 512 characters on whole", () => {
    const list = `a=${"v".repeat(256)},b=${"v".repeat(251)}`;
    assert.equal(list.length, 512);
    assert.equal(normalizeTracestate(list), list);
  });

  it("over 512 characters drops members over 128 characters first, then whole members from the end", () => {
    const long = `long=${"v".repeat(200)}`;
    const short = members(16, "v".repeat(20)); // 24 or 25 characters each
    const result = normalizeTracestate([long, ...short].join(","))!;
    assert.equal(result, short.join(","));

    const many = members(30, "v".repeat(30));
    const trimmed = normalizeTracestate(many.join(","))!.split(",");
    assert.ok(trimmed.join(",").length <= 512);
    assert.deepEqual(trimmed, many.slice(0, trimmed.length));
    assert.ok([...trimmed, many[trimmed.length]].join(",").length > 512, "no more than needed is dropped");
  });
});
