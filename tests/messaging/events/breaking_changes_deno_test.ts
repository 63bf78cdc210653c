import assert from "node:assert/strict";
import { it } from "node:test";
import { asyncapi, defineEvent, type EventContract } from "@glam/shared/messaging";
import * as z from "zod";
import { breakingChanges, type Messages } from "../../_support/breaking_changes.ts";

const PAYLOAD = "evt.test.v1 payload.data";

function messages(...contracts: EventContract[]): Messages {
  const { components } = JSON.parse(JSON.stringify(asyncapi(contracts)));
  return components.messages;
}

function event(shape: z.ZodRawShape, strict = false): EventContract {
  const schema = strict ? z.strictObject(shape) : z.looseObject(shape);
  return defineEvent("evt.test.v1", schema) as unknown as EventContract;
}

const shape = {
  id: z.guid(),
  total: z.int().min(0),
  state: z.enum(["new", "paid"]),
  note: z.string().max(100).nullable().optional(),
  lines: z.array(z.looseObject({ sku: z.string() })),
};
const published = messages(event(shape));

function changes(shape: z.ZodRawShape): string[] {
  return breakingChanges(published, messages(event(shape)));
}

it("what is added as optional, and what is only described otherwise, breaks nobody", () => {
  const more = defineEvent("evt.other.v1", z.object({ a: z.string() })) as unknown as EventContract;
  const grown = event({
    ...shape,
    state: z.enum(["paid", "new"]),
    total: shape.total.describe("In cents"),
    coupon: z.string().optional(),
    currency: z.string().default("EUR"),
    lines: z.array(z.looseObject({ sku: z.string(), count: z.int().optional() })),
  });
  assert.deepEqual(breakingChanges(published, messages(grown, more)), []);
  assert.deepEqual(breakingChanges(published, published), []);
});

it("what is removed, renamed, retyped, narrowed or widened is told by its place", () => {
  const { total: _, ...removed } = shape;
  const gone = `${PAYLOAD}.total is gone`;
  assert.deepEqual(changes(removed), [gone]);
  assert.deepEqual(changes({ ...removed, amount: z.int().min(0) }), [
    gone,
    `${PAYLOAD}.amount is required now`,
  ]);
  const cases: readonly (readonly [z.ZodRawShape, RegExp])[] = [
    [{ total: z.string() }, /\.total: type was "integer" and is "string"$/],
    [{ total: z.int().min(1) }, /\.total: minimum was 0 and is 1$/],
    [{ total: z.number().min(0) }, /\.total: type was "integer" and is "number"$/],
    [{ state: z.enum(["new"]) }, /\.state: enum was \["new","paid"\] and is \["new"\]$/],
    [{ state: z.enum(["new", "paid", "void"]) }, /\.state: enum was/],
    [{ note: z.string().max(50).nullable().optional() }, /\.note\.anyOf\[0\]: maxLength was 100 and is 50$/],
    [{ note: z.string().max(100).nullable() }, /\.note is required now$/],
    [{ note: z.string().max(100).optional() }, /\.note: /],
    [{ total: shape.total.optional() }, /\.total may be missing now$/],
    [{ lines: z.array(z.looseObject({ sku: z.int() })) }, /\.lines\.items\.sku: type was "string"/],
    [{ lines: z.array(z.looseObject({})) }, /\.lines\.items\.sku is gone$/],
    [{ lines: z.array(z.strictObject({ sku: z.string() })) }, /\.lines\.items: additionalProperties was/],
  ];
  for (const [change, message] of cases) {
    const found = changes({ ...shape, ...change });
    assert.ok(found.some((each) => message.test(each)), `${message} is not in ${JSON.stringify(found)}`);
    assert.ok(found.every((each) => each.startsWith(PAYLOAD)), found.join());
  }
});

it("an event that is gone is told, and a field that is new where others are refused", () => {
  assert.deepEqual(breakingChanges(published, {}), ["evt.test.v1 is gone"]);
  const strict = messages(event({ a: z.string() }, true));
  assert.deepEqual(
    breakingChanges(strict, messages(event({ a: z.string(), b: z.string().optional() }, true))),
    [
      `${PAYLOAD}.b is new, and consumers refuse what they do not know`,
    ],
  );
});

it("a field that has a default now is there as ever", () => {
  assert.deepEqual(changes({ ...shape, total: shape.total.default(0) }), []);
});
