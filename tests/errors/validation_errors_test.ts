import assert from "node:assert/strict";
import { test } from "node:test";
import { type IssueLike, toGlamError, type ValidationError, validationErrors } from "@glam/shared/errors";
import * as z from "zod";

const issue = (more: Partial<IssueLike> = {}): IssueLike => ({
  code: "custom",
  path: [],
  message: "no",
  ...more,
});

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

test("a field has at most 256 characters, however long the keys of its path are", () => {
  const path = ["a".repeat(1_000_000), 7];
  const [error] = validationErrors([issue({ path })], "body");
  assert.equal(error?.field, `body.${"a".repeat(250)}…`);
  assert.equal(validationErrors([issue({ path: Array(1_000_000).fill("a") })])[0]?.field.length, 256);
});

test("a field of 256 characters is whole", () => {
  const path = ["a".repeat(254), 7];
  assert.equal(validationErrors([issue({ path })])[0]?.field, `${"a".repeat(254)}.7`);
});

test("a message has at most 256 characters", () => {
  const [error] = validationErrors([issue({ message: "x".repeat(300), code: "y".repeat(300) })]);
  assert.equal(error?.message, `${"x".repeat(255)}…`);
  assert.equal(error?.type, `${"y".repeat(255)}…`);
});

test("no character is cut in half", () => {
  const [error] = validationErrors([issue({ message: "💄".repeat(200) })]);
  assert.equal(error?.message, `${"💄".repeat(127)}…`);
});

test("an unknown key is cut in the field and in the message", () => {
  const keys = ["\u0000".repeat(10_000)];
  const [error] = validationErrors([issue({ code: "unrecognized_keys", keys })], "body");
  assert.equal(error?.field.length, 256);
  assert.equal(error?.message.length, 256);
});

test("a list has at most 100 entries", () => {
  assert.equal(validationErrors(Array(260_000).fill(issue())).length, 100);
  const keys = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
  assert.equal(validationErrors([issue({ code: "unrecognized_keys", keys })]).length, 100);
});

test("a list has at most 64 KiB as JSON, also of characters that take six bytes", () => {
  const issues = Array(100).fill(issue({ path: ["\u0001".repeat(300)], message: "\u0001".repeat(300) }));
  const errors = validationErrors(issues);
  assert.ok(errors.length > 10);
  assert.ok(bytesOf(errors) <= 64 * 1024);
});

test("entries over the limits are not made", () => {
  let read = 0;
  const issues = Array.from({ length: 1000 }, () => ({
    code: "custom",
    message: "no",
    get path() {
      read++;
      return [];
    },
  }));
  validationErrors(issues);
  assert.equal(read, 100);
});

test("a ZodError that was thrown is bounded, and says how many entries are left out", () => {
  const result = z.array(z.number()).safeParse(Array(1000).fill("x"));
  const { details } = toGlamError(result.error) as ValidationError;
  assert.equal((details["validation_errors"] as unknown[]).length, 100);
  assert.equal(details["omitted_errors"], 900);
});

test("nothing is said of omitted entries where there are none", () => {
  const { details } = toGlamError(z.string().safeParse(1).error);
  assert.deepEqual(Object.keys(details), ["validation_errors"]);
});
