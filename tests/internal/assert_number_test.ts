import assert from "node:assert/strict";
import { it } from "node:test";
import { assertNumber, assertWhole } from "../../internal/assert_number.ts";

it("assertWhole takes whole numbers of a range, its ends included", () => {
  for (const value of [1, 2, 3]) assertWhole("size", value, 1, 3);
  assertWhole("size", Number.MAX_SAFE_INTEGER, 1);
});

it("assertNumber takes numbers of a range, its ends included", () => {
  for (const value of [0, 0.5, 1]) assertNumber("ratio", value, 0, 1);
  assertNumber("ratio", 1e300, 0);
});

const refusals: readonly [check: () => void, message: string][] = [
  [() => assertWhole("size", 0, 1, 3), "Expected `size` to be a whole number from 1 to 3, got 0"],
  [() => assertWhole("size", 4, 1, 3), "Expected `size` to be a whole number from 1 to 3, got 4"],
  [() => assertWhole("size", 1.5, 1), "Expected `size` to be a whole number from 1, got 1.5"],
  [() => assertWhole("size", NaN, 1), "Expected `size` to be a whole number from 1, got NaN"],
  [() => assertWhole("size", "5", 1), 'Expected `size` to be a whole number from 1, got "5"'],
  [
    () => assertWhole("size", { password: "x" }, 1),
    "Expected `size` to be a whole number from 1, got an object",
  ],
  [() => assertWhole("size", undefined, 1), "Expected `size` to be a whole number from 1, got undefined"],
  [() => assertNumber("ratio", Infinity, 0), "Expected `ratio` to be a number from 0, got Infinity"],
  [() => assertNumber("ratio", NaN, 0, 1), "Expected `ratio` to be a number from 0 to 1, got NaN"],
  [() => assertNumber("ratio", 5n, 0, 9), "Expected `ratio` to be a number from 0 to 9, got 5"],
];
for (const [check, message] of refusals) {
  it(`refuses: ${message}`, () => assert.throws(check, { name: "RangeError", message }));
}
