import assert from "node:assert/strict";
import { it } from "node:test";
import { isoText } from "../../internal/iso_text.ts";

it("isoText gives what toISOString gives", () => {
  const times = [
    0,
    1,
    -1,
    999,
    86_399_999,
    86_400_000,
    -86_400_001,
    253_402_300_799_999,
    -62_167_219_200_000,
    8.64e15,
  ];
  let random = 1;
  for (let i = 0; i < 20_000; i++) {
    random = (random * 48_271) % 2_147_483_647;
    // Half of them of one day, as in a list.
    times.push(i % 2 === 0 ? 1_790_000_000_000 + random % 86_400_000 : random * 1000 - 10 ** 12);
  }
  for (const time of times) assert.equal(isoText(new Date(time)), new Date(time).toISOString());
});

it("isoText refuses an invalid date, as toISOString does", () => {
  assert.throws(() => isoText(new Date(NaN)), RangeError);
});
