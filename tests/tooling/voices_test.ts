import assert from "node:assert/strict";
import { it } from "node:test";
import { createVoices } from "../../scripts/_voices.ts";

it("voices print one after the other, the first as it goes", () => {
  let printed = "";
  const create = createVoices((text) => printed += text);
  const [first, second, third] = [create(), create(), create()];
  second.say("b");
  first.say("a");
  assert.equal(printed, "a");
  third.say("c");
  third.end();
  first.say("a");
  first.end();
  assert.equal(printed, "aab");
  second.say("b");
  assert.equal(printed, "aabb");
  second.end();
  assert.equal(printed, "aabbc");
  const fourth = create();
  fourth.say("d");
  assert.equal(printed, "aabbcd");
});
